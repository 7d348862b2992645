# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# --tree DIR: the host's kernel is built from a source tree on disk. Sourced by lab/lab.
#
# The lab copies the tree, and builds the copy as it builds a kernel from Debian's sources. So the tree may be read-only, may have
# local changes, and need not be a git repository. The name of the result in the cache has a hash of all files of the tree.

TREE=''          # the tree; empty: a kernel of the lock file
TREE_VERSION=''  # the version that the tree's Makefile names: 6.18.35
TREE_STATE='' TREE_HASH=''

# use_tree DIR: take the kernel of this tree.
use_tree() {
	[ "$KERNEL" = "$DEFAULT_KERNEL" ] || usage_error "--tree is a kernel: do not give --kernel too"
	# shellcheck disable=SC2154 # lab/lab sets it
	case $command in
	deb | rpm | test-package | kernels | clean) usage_error "$command does not take --tree" ;;
	esac
	need_root
	[ -d "$1" ] || die "there is no folder $1"
	TREE=$(readlink -f "$1")
	TREE_VERSION=$(awk '$1 ~ /^(VERSION|PATCHLEVEL|SUBLEVEL)$/ && $2 == "=" { v = v s $3; s = "." } END { print v }' \
		"$TREE/Makefile" 2>/dev/null) || :
	if ! [[ $TREE_VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || [ ! -f "$TREE/Kconfig" ]; then
		die "$1 is not a kernel tree: it has no Kconfig, or no Makefile with a version" "give the top folder of the kernel's sources"
	fi
	if [ ! -d "$TREE/arch/riscv/kvm" ] || [ ! -d "$TREE/virt/kvm" ]; then
		die "$1 (Linux $TREE_VERSION) has no KVM for RISC-V in arch/riscv/kvm and virt/kvm" "RISC-V has KVM from Linux 5.16 on"
	fi
	KERNEL=${TREE_VERSION%.*}
}

tree_files() { find "$1" -name .git -prune -o -type f "${@:2}"; }

# tree_state: print a hash of the names, sizes and times of the files. This takes a second.
tree_state() { tree_files "$TREE" -printf '%P %s %T@\n' | LC_ALL=C sort | sha256sum | cut -c1-40; }

# tree_content: print a hash of the names and contents of the files.
tree_content() {
	(cd "$TREE" && tree_files . -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-40)
}

# tree_name: set KDIR_CACHE to the folder of this tree in the cache. The contents are read only if names, sizes or times are new.
tree_name() {
	local known content
	if [ -z "$TREE_HASH" ]; then
		TREE_STATE=$(tree_state)
		known=$CACHE/trees/$TREE_STATE
		if [ ! -s "$known" ]; then
			mkdir -p "$CACHE/trees"
			content=$(tree_content)
			echo "$content" >"$known.part"
			mv "$known.part" "$known"
		fi
		TREE_HASH=$({ cat "$known"; what_builds; } | sha256sum | cut -c1-12)
	fi
	KDIR_CACHE=$CACHE/kernel-tree-$TREE_VERSION-$TREE_HASH
}

# copy_tree DIR: copy the tree to DIR/src. Files of builds in the tree do not stay, because they prevent a build elsewhere.
copy_tree() {
	mkdir -p "$1/src"
	tar -C "$TREE" --exclude=./.git -c . | tar -x -C "$1/src"
	[ ! -e "$1/src/.config" ] && [ ! -d "$1/src/include/config" ] && [ ! -d "$1/src/arch/riscv/include/generated" ] && return
	ROOT_BINDS=("$1" /tree)
	in_root make -C /tree/src ARCH=riscv mrproper
	ROOT_BINDS=()
}

# need_tree: build the kernel of the tree.
need_tree() {
	local part=$KDIR_CACHE.part
	need_space 8192
	rm -rf "$CACHE"/kernel-*.part
	TRASH+=("$part")
	step "copying $TREE" copy_tree "$part"
	say "building Linux $TREE_VERSION once (10 minutes on two idle cores)"
	step "building kernel $TREE_VERSION from $TREE" build_kernel "$part" "$TREE_VERSION-$TREE_HASH"
	[ "$(tree_state)" = "$TREE_STATE" ] || die "$TREE was changed while the lab built it" "run the same command again"
	echo "$TREE" >"$part/tree"
	mv "$part" "$KDIR_CACHE"
	have_kernel
	! grep -q . "$KDIR_CACHE/lacks" || {
		say "Linux $TREE_VERSION lacks these options of lab/host/kernel.config:"
		say "  $(xargs <"$KDIR_CACHE/lacks")"
	}
}

# tree_fits: ask before the long build whether gstage supports the kernel, if its module is wanted.
tree_fits() {
	local fits
	case $MODULE in stock | none) return ;; esac
	fits=$(sh "$TOP/kvm/compat/fit.sh" "$TREE")
	[[ $fits = yes* ]] || die "gstage does not support Linux $TREE_VERSION: ${fits#no }" "--module stock boots it with its own kvm.ko"
}

# list_trees: print the trees that are set up, in the form of lab_kernels.
list_trees() {
	local dir abi ours
	for dir in "$CACHE"/kernel-tree-*; do
		[ -f "$dir/tree" ] || continue
		read -r KVERSION abi <"$dir/version"
		KVERSION=${KVERSION%-*}
		ours=$(sh "$TOP/kvm/compat/fit.sh" "$dir/src")
		printf '%-7s %-20s %-28s %-11s %s\n' "${KVERSION%.*}" "$KVERSION" "--tree $(cat "$dir/tree")" "${ours%% *}" "$abi-riscv64"
		! grep -q . "$dir/lacks" || printf '        lacks %s\n' "$(xargs <"$dir/lacks")"
	done
}
