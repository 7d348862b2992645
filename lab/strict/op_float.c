// SPDX-License-Identifier: GPL-2.0-only
/*
 * F and D, computed by the PC. The code here does what the PC does differently: a NaN result is the
 * canonical NaN, conversions saturate, and a single is NaN-boxed in its register. The PC cannot
 * round to nearest with ties away from zero (RMM). So it rounds ties to even, and a tie is found by
 * computing once more with 113 bits.
 */
#include <fenv.h>
#include <math.h>
#include <string.h>

#include "op.h"

#define CANONICAL_S 0x7fc00000u
#define CANONICAL_D 0x7ff8000000000000ull
#define QUIET_S     BIT(22)
#define QUIET_D     BIT(51)

enum { NX = 1, UF = 2, OF = 4, DZ = 8, NV = 16 };
enum { RMM = 4 };

static u32 s_bits(float x)
{
	u32 b;

	memcpy(&b, &x, sizeof(b));
	return b;
}

static u64 d_bits(double x)
{
	u64 b;

	memcpy(&b, &x, sizeof(b));
	return b;
}

static float s_of(u32 b)
{
	float x;

	memcpy(&x, &b, sizeof(x));
	return x;
}

static double d_of(u64 b)
{
	double x;

	memcpy(&x, &b, sizeof(x));
	return x;
}

static u32 get_s(struct hart *h, unsigned r)
{
	return h->f[r] >> 32 == 0xffffffff ? (u32)h->f[r] : CANONICAL_S;
}

static void dirty(struct hart *h)
{
	h->c.mstatus |= 3ull << 13;
	if (h->virt)
		h->c.vsstatus |= 3ull << 13;
}

static void put_d(struct hart *h, const struct insn *i, u64 bits)
{
	h->f[i->rd & 31] = bits;
	dirty(h);
}

static void put_s(struct hart *h, const struct insn *i, u32 bits)
{
	put_d(h, i, 0xffffffffull << 32 | bits);
}

static void check(struct hart *h)
{
	if (unlikely(!fp_on(h)))
		raise_illegal(h);
}

static unsigned rounding(struct hart *h, const struct insn *i)
{
	unsigned rm = i->raw >> 12 & 7;

	if (rm == 7)
		rm = h->c.fcsr >> 5 & 7;
	if (rm > 4)
		raise_illegal(h);
	return rm;
}

/* Each computation of the PC is between begin() and end(). */
static unsigned begin(struct hart *h, const struct insn *i)
{
	static const int modes[] = { FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD,
				     FE_TONEAREST };
	unsigned rm;

	check(h);
	rm = rounding(h, i);
	if (rm != 0 && rm != RMM)
		fesetround(modes[rm]);
	feclearexcept(FE_ALL_EXCEPT);
	return rm;
}

static void flags(struct hart *h, unsigned f)
{
	h->c.fcsr |= f;
	if (f)
		dirty(h);
}

static void end(struct hart *h, unsigned rm)
{
	int e = fetestexcept(FE_ALL_EXCEPT);

	flags(h, (e & FE_INEXACT ? NX : 0) | (e & FE_UNDERFLOW ? UF : 0) |
			 (e & FE_OVERFLOW ? OF : 0) | (e & FE_DIVBYZERO ? DZ : 0) |
			 (e & FE_INVALID ? NV : 0));
	if (rm != 0 && rm != RMM)
		fesetround(FE_TONEAREST);
}

static void result_s(struct hart *h, const struct insn *i, float x)
{
	put_s(h, i, x != x ? CANONICAL_S : s_bits(x));
}

static void result_d(struct hart *h, const struct insn *i, double x)
{
	put_d(h, i, x != x ? CANONICAL_D : d_bits(x));
}

/* The exact result. It is NaN if it does not fit into 113 bits: then it is no tie. */
typedef _Float128 exact_fn(const volatile _Float128 *v);

static _Float128 exactly(exact_fn *fn, _Float128 a, _Float128 b, _Float128 c)
{
	const volatile _Float128 v[] = { a, b, c };
	volatile _Float128 r;

	feclearexcept(FE_ALL_EXCEPT);
	r = fn(v);
	return fetestexcept(FE_INEXACT) ? (_Float128)NAN : r;
}

/*
 * r was rounded to nearest, with ties to even. Is it one of two neighbours that are equally near,
 * and the one nearer to zero? next is its neighbour away from zero.
 */
static bool wrong_tie(_Float128 r, _Float128 next, _Float128 exact)
{
	return exact - r == next - exact && !SEED(TIES);
}

static float ties_away_s(float r, _Float128 exact)
{
	float next = nextafterf(r, exact < 0 ? -INFINITY : INFINITY);

	return wrong_tie(r, next, exact) ? next : r;
}

static double ties_away_d(double r, _Float128 exact)
{
	double next = nextafter(r, exact < 0 ? -INFINITY : INFINITY);

	return wrong_tie(r, next, exact) ? next : r;
}

/* Operands are volatile, so that the compiler computes between begin() and end(). */
#define S_ARGS volatile float a = s_of(get_s(h, i->rs1)), b = s_of(get_s(h, i->rs2))
#define D_ARGS volatile double a = d_of(h->f[i->rs1]), b = d_of(h->f[i->rs2])

#define ARITH(name, expr)                                                                          \
	static _Float128 exact_##name(const volatile _Float128 *v)                                 \
	{                                                                                          \
		_Float128 a = v[0], b = v[1];                                                      \
                                                                                                   \
		(void)b;                                                                           \
		return expr;                                                                       \
	}                                                                                          \
	OP(name##_s)                                                                               \
	{                                                                                          \
		unsigned rm = begin(h, i);                                                         \
		S_ARGS;                                                                            \
		volatile float r = expr;                                                           \
                                                                                                   \
		end(h, rm);                                                                        \
		if (rm == RMM)                                                                     \
			r = ties_away_s(r, exactly(exact_##name, a, b, 0));                        \
		result_s(h, i, r);                                                                 \
	}                                                                                          \
	OP(name##_d)                                                                               \
	{                                                                                          \
		unsigned rm = begin(h, i);                                                         \
		D_ARGS;                                                                            \
		volatile double r = expr;                                                          \
                                                                                                   \
		end(h, rm);                                                                        \
		if (rm == RMM)                                                                     \
			r = ties_away_d(r, exactly(exact_##name, a, b, 0));                        \
		result_d(h, i, r);                                                                 \
	}

static float root_s(float x)
{
	return sqrtf(x);
}

static double root_d(double x)
{
	return sqrt(x);
}

/* A root is never a tie. */
static _Float128 root_exact(_Float128 x)
{
	(void)x;
	return NAN;
}

#define ROOT(x) _Generic((x), float: root_s, double: root_d, _Float128: root_exact)(x)

ARITH(fadd, a + b)
ARITH(fsub, a - b)
ARITH(fmul, a *b)
ARITH(fdiv, a / b)
ARITH(fsqrt, ROOT(a))

#define FUSED(name, sign_product, sign_sum)                                                        \
	static _Float128 exact_##name(const volatile _Float128 *v)                                 \
	{                                                                                          \
		return sign_product v[0] * v[1] + (sign_sum v[2]);                                 \
	}                                                                                          \
	OP(name##_s)                                                                               \
	{                                                                                          \
		unsigned rm = begin(h, i);                                                         \
		S_ARGS;                                                                            \
		volatile float c = s_of(get_s(h, i->raw >> 27)), r;                                \
                                                                                                   \
		if ((isinf(a) && b == 0) || (isinf(b) && a == 0))                                  \
			feraiseexcept(FE_INVALID);                                                 \
		r = fmaf(sign_product a, b, sign_sum c);                                           \
		end(h, rm);                                                                        \
		if (rm == RMM)                                                                     \
			r = ties_away_s(r, exactly(exact_##name, a, b, c));                        \
		result_s(h, i, r);                                                                 \
	}                                                                                          \
	OP(name##_d)                                                                               \
	{                                                                                          \
		unsigned rm = begin(h, i);                                                         \
		D_ARGS;                                                                            \
		volatile double c = d_of(h->f[i->raw >> 27]), r;                                   \
                                                                                                   \
		if ((isinf(a) && b == 0) || (isinf(b) && a == 0))                                  \
			feraiseexcept(FE_INVALID);                                                 \
		r = fma(sign_product a, b, sign_sum c);                                            \
		end(h, rm);                                                                        \
		if (rm == RMM)                                                                     \
			r = ties_away_d(r, exactly(exact_##name, a, b, c));                        \
		result_d(h, i, r);                                                                 \
	}

FUSED(fmadd, +, +)
FUSED(fmsub, +, -)
FUSED(fnmsub, -, +)
FUSED(fnmadd, -, -)

#define SIGN_S BIT(31)
#define SIGN_D BIT(63)
#define SGNJ(name, a, b, expr)                                                                     \
	OP(name##_s)                                                                               \
	{                                                                                          \
		u32 sign = SIGN_S, a, b;                                                           \
                                                                                                   \
		check(h);                                                                          \
		a = get_s(h, i->rs1), b = get_s(h, i->rs2);                                        \
		put_s(h, i, (a & ~sign) | ((expr) & sign));                                        \
	}                                                                                          \
	OP(name##_d)                                                                               \
	{                                                                                          \
		u64 sign = SIGN_D, a, b;                                                           \
                                                                                                   \
		check(h);                                                                          \
		a = h->f[i->rs1], b = h->f[i->rs2];                                                \
		put_d(h, i, (a & ~sign) | ((expr) & sign));                                        \
	}

SGNJ(fsgnj, a, b, b)
SGNJ(fsgnjn, a, b, ~b)
SGNJ(fsgnjx, a, b, a ^ b)

static bool nan_s(u32 x)
{
	return (x & 0x7fffffff) > 0x7f800000;
}

static bool nan_d(u64 x)
{
	return (x & ~SIGN_D) > 0x7ff0000000000000ull;
}

static bool signaling_s(u32 x)
{
	return nan_s(x) && !(x & QUIET_S);
}

static bool signaling_d(u64 x)
{
	return nan_d(x) && !(x & QUIET_D);
}

/* After this, the order as integers is the order of the numbers, with -0 below +0. */
static s64 order_d(u64 x)
{
	return (s64)x < 0 ? (s64)(x ^ ~SIGN_D) : (s64)x;
}

static s32 order_s(u32 x)
{
	return (s32)x < 0 ? (s32)(x ^ 0x7fffffff) : (s32)x;
}

#define MINMAX(name, cmp)                                                                          \
	OP(name##_s)                                                                               \
	{                                                                                          \
		u32 a = get_s(h, i->rs1), b = get_s(h, i->rs2);                                    \
                                                                                                   \
		check(h);                                                                          \
		flags(h, signaling_s(a) || signaling_s(b) ? NV : 0);                               \
		if (nan_s(a) && nan_s(b))                                                          \
			a = CANONICAL_S;                                                           \
		else if (nan_s(a) || (!nan_s(b) && order_s(b) cmp order_s(a)))                     \
			a = b;                                                                     \
		put_s(h, i, a);                                                                    \
	}                                                                                          \
	OP(name##_d)                                                                               \
	{                                                                                          \
		u64 a = h->f[i->rs1], b = h->f[i->rs2];                                            \
                                                                                                   \
		check(h);                                                                          \
		flags(h, signaling_d(a) || signaling_d(b) ? NV : 0);                               \
		if (nan_d(a) && nan_d(b))                                                          \
			a = CANONICAL_D;                                                           \
		else if (nan_d(a) || (!nan_d(b) && order_d(b) cmp order_d(a)))                     \
			a = b;                                                                     \
		put_d(h, i, a);                                                                    \
	}

MINMAX(fmin, <)
MINMAX(fmax, >)

/* quiet: a quiet NaN raises no flag. */
#define COMPARE(name_s, name_d, cmp, quiet)                                                        \
	OP(name_s)                                                                                 \
	{                                                                                          \
		u32 a = get_s(h, i->rs1), b = get_s(h, i->rs2);                                    \
                                                                                                   \
		check(h);                                                                          \
		if (signaling_s(a) || signaling_s(b) || (!(quiet) && (nan_s(a) || nan_s(b))))      \
			flags(h, NV);                                                              \
		RD = s_of(a) cmp s_of(b);                                                          \
	}                                                                                          \
	OP(name_d)                                                                                 \
	{                                                                                          \
		u64 a = h->f[i->rs1], b = h->f[i->rs2];                                            \
                                                                                                   \
		check(h);                                                                          \
		if (signaling_d(a) || signaling_d(b) || (!(quiet) && (nan_d(a) || nan_d(b))))      \
			flags(h, NV);                                                              \
		RD = d_of(a) cmp d_of(b);                                                          \
	}

COMPARE(feq_s, feq_d, ==, true)
COMPARE(flt_s, flt_d, <, false)
COMPARE(fle_s, fle_d, <=, false)

static u64 classify(bool negative, bool nan, bool quiet, unsigned kind)
{
	if (nan)
		return quiet ? BIT(9) : BIT(8);
	switch (kind) {
	case FP_INFINITE:
		return negative ? BIT(0) : BIT(7);
	case FP_NORMAL:
		return negative ? BIT(1) : BIT(6);
	case FP_SUBNORMAL:
		return negative ? BIT(2) : BIT(5);
	default:
		return negative ? BIT(3) : BIT(4);
	}
}

OP(fclass_s)
{
	u32 a = get_s(h, i->rs1);

	check(h);
	RD = classify(a >> 31, nan_s(a), a & QUIET_S, fpclassify(s_of(a)));
}

OP(fclass_d)
{
	u64 a = h->f[i->rs1];

	check(h);
	RD = classify(a >> 63, nan_d(a), a & QUIET_D, fpclassify(d_of(a)));
}

OP(fmv_x_w)
{
	check(h);
	RD = SEXT32(h->f[i->rs1]);
}

OP(fmv_w_x)
{
	check(h);
	put_s(h, i, RS1);
}

OP(fmv_x_d)
{
	check(h);
	RD = h->f[i->rs1];
}

OP(fmv_d_x)
{
	check(h);
	put_d(h, i, RS1);
}

/*
 * x as an integer of this number of bits. A value that does not fit becomes the nearest that does.
 */
static u64 to_integer(struct hart *h, const struct insn *i, double x, unsigned bits, bool is_signed)
{
	unsigned rm = begin(h, i);
	volatile double v = x;
	volatile double r = rm == RMM ? round(v) : rint(v);
	double low = is_signed ? -ldexp(1, bits - 1) : 0, high = ldexp(1, bits - is_signed);
	bool inexact = r != v;

	if (rm != 0 && rm != RMM)
		fesetround(FE_TONEAREST);
	if (x != x || r >= high) {
		flags(h, NV);
		return is_signed ? ~0ull >> (65 - bits) : ~0ull >> (64 - bits);
	}
	if (r < low) {
		flags(h, NV);
		return is_signed ? ~0ull << (bits - 1) : 0;
	}
	flags(h, inexact ? NX : 0);
	return is_signed ? (u64)(s64)r : (u64)r;
}

#define TO_INTEGER(name, get, bits, is_signed, sext)                                               \
	OP(name)                                                                                   \
	{                                                                                          \
		check(h);                                                                          \
		RD = sext(to_integer(h, i, get, bits, is_signed));                                 \
	}
#define ALL
#define GET_S s_of(get_s(h, i->rs1))
#define GET_D d_of(h->f[i->rs1])

TO_INTEGER(fcvt_w_s, GET_S, 32, true, SEXT32)
TO_INTEGER(fcvt_wu_s, GET_S, 32, false, SEXT32)
TO_INTEGER(fcvt_l_s, GET_S, 64, true, ALL)
TO_INTEGER(fcvt_lu_s, GET_S, 64, false, ALL)
TO_INTEGER(fcvt_w_d, GET_D, 32, true, SEXT32)
TO_INTEGER(fcvt_wu_d, GET_D, 32, false, SEXT32)
TO_INTEGER(fcvt_l_d, GET_D, 64, true, ALL)
TO_INTEGER(fcvt_lu_d, GET_D, 64, false, ALL)

#define FROM_INTEGER(name, type, fp, suffix)                                                       \
	OP(name)                                                                                   \
	{                                                                                          \
		unsigned rm = begin(h, i);                                                         \
		volatile type v = RS1;                                                             \
		volatile fp r = v;                                                                 \
                                                                                                   \
		end(h, rm);                                                                        \
		if (rm == RMM)                                                                     \
			r = ties_away_##suffix(r, v);                                              \
		result_##suffix(h, i, r);                                                          \
	}

FROM_INTEGER(fcvt_s_w, s32, float, s)
FROM_INTEGER(fcvt_s_wu, u32, float, s)
FROM_INTEGER(fcvt_s_l, s64, float, s)
FROM_INTEGER(fcvt_s_lu, u64, float, s)
FROM_INTEGER(fcvt_d_w, s32, double, d)
FROM_INTEGER(fcvt_d_wu, u32, double, d)
FROM_INTEGER(fcvt_d_l, s64, double, d)
FROM_INTEGER(fcvt_d_lu, u64, double, d)

OP(fcvt_s_d)
{
	unsigned rm = begin(h, i);
	volatile double v = GET_D;
	volatile float r = v;

	end(h, rm);
	if (rm == RMM)
		r = ties_away_s(r, v);
	result_s(h, i, r);
}

OP(fcvt_d_s)
{
	unsigned rm = begin(h, i);
	volatile float v = GET_S;
	volatile double r = v;

	end(h, rm);
	result_d(h, i, r);
}

OP(flw)
{
	check(h);
	put_s(h, i, load(h, RS1 + IMM, 4));
}

OP(fld)
{
	check(h);
	put_d(h, i, load(h, RS1 + IMM, 8));
}

OP(fsw)
{
	check(h);
	store(h, RS1 + IMM, (u32)h->f[i->rs2], 4);
}

OP(fsd)
{
	check(h);
	store(h, RS1 + IMM, h->f[i->rs2], 8);
}
