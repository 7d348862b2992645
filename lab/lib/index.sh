# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Indices of the mirror, read through apt, which checks their signature. Sourced by lab/lab.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
INDEX=          # the folder of the indices that were read

# suite_of SET: print the suite of Debian that the set is from.
suite_of() {
	case $1 in
	qemu-*) echo sid ;;
	*) if [[ $(locked "$1") = *~bpo* ]]; then echo "$SUITE-backports"; else echo "$SUITE"; fi ;;
	esac
}

# arches_of SET: print the machines whose index the set needs. Each index also has the packages for all machines.
arches_of() {
	case $1 in
	qemu-*) echo amd64 ;;
	*) locked "$1" | awk '$3 != "all" { print $3; found = 1 } END { if (!found) print "amd64" }' | sort -u ;;
	esac
}

# index SUITE ARCH: print the name of an index. INDEX/NAME has a line for each package, separated by tabs: name, machine, version,
# checksum, path, dependencies. NAME.apt is the configuration with which apt reads it.
index() { echo "$INDEX/$1-$2"; }

read_index() {
	local suite=$1 arch=$2 name apt signed='' check=()
	name=$(index "$suite" "$arch")
	apt=$name.d
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	: >"$apt/status"
	[ ! -f "$KEYRING" ] || signed=" signed-by=$KEYRING"
	echo "deb [arch=$arch$signed] $MIRROR $suite main" >"$apt/sources.list"
	# To lock versions of an old index is a decision of the user. Everywhere else the configuration of this machine decides.
	case $DATES in
	check) check=(-o Acquire::Check-Valid-Until=true -o Acquire::Check-Date=true) ;;
	any) check=(-o Acquire::Check-Valid-Until=false -o Acquire::Check-Date=false) ;;
	esac
	cat >"$name.apt" <<-END
		APT::Architecture "$arch"; APT::Architectures { "$arch"; }; APT::Install-Recommends "false"; APT::Update::Error-Mode "any";
		Dir::State::lists "$apt/lists"; Dir::State::status "$apt/status"; Dir::Cache "$apt/cache";
		Dir::Etc::SourceList "$apt/sources.list"; Dir::Etc::SourceParts "-"; Acquire::Languages "none"; APT::Sandbox::User "root";
	END
	child env APT_CONFIG="$name.apt" apt-get -q "${check[@]}" update
	cat_index "$apt" | awk -v OFS='\t' '
		/^[A-Za-z0-9-]+: / {
			field = substr($1, 1, length($1) - 1)
			v[field] = substr($0, length($1) + 2)
		}
		/^$/ && v["Package"] != "" {
			depends = v["Pre-Depends"] (v["Pre-Depends"] != "" && v["Depends"] != "" ? ", " : "") v["Depends"]
			print v["Package"], v["Architecture"], v["Version"], v["SHA256"], v["Filename"], depends
		}
		/^$/ { split("", v) }' >"$name"
	# An index without packages comes from a mirror that is not complete.
	[ -s "$name" ] || { echo "$MIRROR $suite main $arch does not have a release file with packages"; return 1; }
}

cat_index() {
	find "$1/lists" -maxdepth 1 -name '*_Packages*' -print0 |
		while IFS= read -r -d '' f; do /usr/lib/apt/apt-helper cat-file "$f"; echo; done
}

# part_folder NAME: make an empty folder NAME-PID.part in the cache, and set PART to it. Delete those of labs that were killed.
part_folder() {
	local d pid
	for d in "$CACHE/$1"-*.part; do
		pid=${d##*-}
		[ -d "/proc/${pid%.part}" ] || rm -rf "$d"
	done
	PART=$CACHE/$1-$$.part
	TRASH+=("$PART")
	rm -rf "$PART"
	mkdir -p "$PART"
}

# need_index SET: read the indices that the set needs, unless this lab has read them.
need_index() {
	local suite arch
	if [ -z "$INDEX" ]; then
		part_folder index
		INDEX=$PART
	fi
	suite=$(suite_of "$1")
	for arch in $(arches_of "$1"); do
		[ -s "$(index "$suite" "$arch")" ] || "${@:2}" read_index "$suite" "$arch"
	done
}

# indices SET: print the names of its indices.
indices() {
	local suite arch
	suite=$(suite_of "$1")
	for arch in $(arches_of "$1"); do index "$suite" "$arch"; done
}
