/* libm [FUNCTION... | text]: glibc's mathematics by a real dynamic loader. For each function a word that folds its results and exceptions for edge cases,
   all pairs or triples of them where it takes more, and random arguments; for functions that round correctly, in every rounding mode. With
   FUNCTIONs: every argument and result of them. With "text": what strtod and printf's %a, %e, %f and %g make of numbers. Results that glibc gets from x87's
   transcendental instructions are seen as double, where every maker's processors agree. */
#include "../src/fp.h"

double acos(double), acosh(double), asin(double), asinh(double), atan(double), atanh(double), cbrt(double), ceil(double), cos(double), cosh(double), erf(double),
    erfc(double), exp(double), exp10(double), exp2(double), expm1(double), fabs(double), floor(double), j0(double), j1(double), lgamma(double), log(double),
    log10(double), log1p(double), log2(double), logb(double), nearbyint(double), rint(double), round(double), roundeven(double), significand(double), sin(double),
    sinh(double), sqrt(double), tan(double), tanh(double), tgamma(double), trunc(double), y0(double), y1(double);
double atan2(double, double), copysign(double, double), drem(double, double), fdim(double, double), fmax(double, double), fmaxmag(double, double), fmin(double, double),
    fminmag(double, double), fmod(double, double), hypot(double, double), nextafter(double, double), nexttoward(double, extended), pow(double, double),
    remainder(double, double), scalb(double, double);
double fma(double, double, double), frexp(double, int *), jn(int, double), ldexp(double, int), modf(double, double *), remquo(double, double, int *), scalbln(double, long),
    scalbn(double, int), yn(int, double);
int ilogb(double);
long lrint(double), lround(double);
long long llrint(double), llround(double);
void sincos(double, double *, double *);
float acosf(float), acoshf(float), asinf(float), asinhf(float), atanf(float), atanhf(float), cbrtf(float), ceilf(float), cosf(float), coshf(float), erff(float),
    exp10f(float), exp2f(float), expf(float), expm1f(float), floorf(float), lgammaf(float), log10f(float), log1pf(float), log2f(float), logf(float), rintf(float), roundf(float),
    sinf(float), sinhf(float), sqrtf(float), tanf(float), tanhf(float), tgammaf(float), truncf(float);
float atan2f(float, float), fmodf(float, float), hypotf(float, float), nextafterf(float, float), powf(float, float), remainderf(float, float), fmaf(float, float, float);
extended acosl(extended), acoshl(extended), asinl(extended), asinhl(extended), atanl(extended), cbrtl(extended), ceill(extended), cosl(extended), coshl(extended), erfl(extended),
    exp2l(extended), expl(extended), expm1l(extended), floorl(extended), lgammal(extended), log10l(extended), log1pl(extended), log2l(extended), logl(extended), nearbyintl(extended),
    rintl(extended), roundl(extended), sinhl(extended), sinl(extended), sqrtl(extended), tanhl(extended), tanl(extended), tgammal(extended), truncl(extended);
extended atan2l(extended, extended), fmodl(extended, extended), hypotl(extended, extended), nextafterl(extended, extended), powl(extended, extended), remainderl(extended, extended),
    fmal(extended, extended, extended);
int snprintf(char *, u32, const char *, ...);
double strtod(const char *, char **);
float strtof(const char *, char **);
extended strtold(const char *, char **);

/* What every function is called as: up to three arguments of its type, and up to two results. */
union value { float f; double d; extended e; u32 word[3]; s32 i; long long l; };
typedef void (*adapter)(const union value *x, union value *result);

#define D1(name) static void call_##name(const union value *x, union value *r) { r->d = name(x[0].d); }
#define D2(name) static void call_##name(const union value *x, union value *r) { r->d = name(x[0].d, x[1].d); }
#define D3(name) static void call_##name(const union value *x, union value *r) { r->d = name(x[0].d, x[1].d, x[2].d); }
#define F1(name) static void call_##name(const union value *x, union value *r) { r->f = name(x[0].f); }
#define F2(name) static void call_##name(const union value *x, union value *r) { r->f = name(x[0].f, x[1].f); }
#define F3(name) static void call_##name(const union value *x, union value *r) { r->f = name(x[0].f, x[1].f, x[2].f); }
#define E1(name) static void call_##name(const union value *x, union value *r) { r->e = name(x[0].e); }
#define E2(name) static void call_##name(const union value *x, union value *r) { r->e = name(x[0].e, x[1].e); }
#define E3(name) static void call_##name(const union value *x, union value *r) { r->e = name(x[0].e, x[1].e, x[2].e); }
#define R1(name) static void call_##name(const union value *x, union value *r) { r->d = (double)name(x[0].e); }
#define R2(name) static void call_##name(const union value *x, union value *r) { r->d = (double)name(x[0].e, x[1].e); }
#define I1(name) static void call_##name(const union value *x, union value *r) { r->l = name(x[0].d); }

/* kind: D, F, E by type; R is E seen as double; I gives an integer. arity. 1: also in the other rounding modes. */
#define FUNCTIONS(_) \
    _(D, 1, acos, 0) _(D, 1, acosh, 0) _(D, 1, asin, 0) _(D, 1, asinh, 0) _(D, 1, atan, 0) _(D, 1, atanh, 0) _(D, 1, cbrt, 0) _(D, 1, ceil, 1) _(D, 1, cos, 0) \
    _(D, 1, cosh, 0) _(D, 1, erf, 0) _(D, 1, erfc, 0) _(D, 1, exp, 1) _(D, 1, exp10, 0) _(D, 1, exp2, 1) _(D, 1, expm1, 0) _(D, 1, fabs, 1) _(D, 1, floor, 1) _(D, 1, j0, 0) \
    _(D, 1, j1, 0) _(D, 1, lgamma, 0) _(D, 1, log, 1) _(D, 1, log10, 0) _(D, 1, log1p, 0) _(D, 1, log2, 1) _(D, 1, logb, 1) _(D, 1, nearbyint, 1) _(D, 1, rint, 1) \
    _(D, 1, round, 1) _(D, 1, roundeven, 1) _(D, 1, significand, 1) _(D, 1, sin, 0) _(D, 1, sinh, 0) _(D, 1, sqrt, 1) _(D, 1, tan, 0) _(D, 1, tanh, 0) _(D, 1, tgamma, 0) \
    _(D, 1, trunc, 1) _(D, 1, y0, 0) _(D, 1, y1, 0) _(D, 2, atan2, 0) _(D, 2, copysign, 1) _(D, 2, drem, 1) _(D, 2, fdim, 1) _(D, 2, fmax, 1) _(D, 2, fmaxmag, 1) \
    _(D, 2, fmin, 1) _(D, 2, fminmag, 1) _(D, 2, fmod, 1) _(D, 2, hypot, 1) _(D, 2, nextafter, 1) _(D, 2, nexttoward, 1) _(D, 2, pow, 1) _(D, 2, remainder, 1) \
    _(D, 2, scalb, 1) _(D, 3, fma, 1) _(I, 1, ilogb, 1) _(I, 1, lrint, 1) _(I, 1, lround, 1) _(I, 1, llrint, 1) _(I, 1, llround, 1) \
    _(F, 1, acosf, 0) _(F, 1, acoshf, 0) _(F, 1, asinf, 0) _(F, 1, asinhf, 0) _(F, 1, atanf, 0) _(F, 1, atanhf, 0) _(F, 1, cbrtf, 0) _(F, 1, ceilf, 1) _(F, 1, cosf, 1) \
    _(F, 1, coshf, 0) _(F, 1, erff, 0) _(F, 1, exp10f, 0) _(F, 1, exp2f, 1) _(F, 1, expf, 1) _(F, 1, expm1f, 0) _(F, 1, floorf, 1) _(F, 1, lgammaf, 0) _(F, 1, log10f, 0) \
    _(F, 1, log1pf, 0) _(F, 1, log2f, 1) _(F, 1, logf, 1) _(F, 1, rintf, 1) _(F, 1, roundf, 1) _(F, 1, sinf, 1) _(F, 1, sinhf, 0) _(F, 1, sqrtf, 1) _(F, 1, tanf, 0) \
    _(F, 1, tanhf, 0) _(F, 1, tgammaf, 0) _(F, 1, truncf, 1) _(F, 2, atan2f, 0) _(F, 2, fmodf, 1) _(F, 2, hypotf, 1) _(F, 2, nextafterf, 1) _(F, 2, powf, 1) \
    _(F, 2, remainderf, 1) _(F, 3, fmaf, 1) \
    _(R, 1, acosl, 0) _(R, 1, acoshl, 0) _(R, 1, asinl, 0) _(R, 1, asinhl, 0) _(R, 1, atanl, 0) _(R, 1, cbrtl, 0) _(E, 1, ceill, 1) _(R, 1, cosl, 0) _(R, 1, coshl, 0) \
    _(R, 1, erfl, 0) _(R, 1, exp2l, 0) _(R, 1, expl, 0) _(R, 1, expm1l, 0) _(E, 1, floorl, 1) _(R, 1, lgammal, 0) _(R, 1, log10l, 0) _(R, 1, log1pl, 0) _(R, 1, log2l, 0) \
    _(R, 1, logl, 0) _(E, 1, nearbyintl, 1) _(E, 1, rintl, 1) _(E, 1, roundl, 1) _(R, 1, sinhl, 0) _(R, 1, sinl, 0) _(E, 1, sqrtl, 1) _(R, 1, tanhl, 0) _(R, 1, tanl, 0) \
    _(R, 1, tgammal, 0) _(E, 1, truncl, 1) _(R, 2, atan2l, 0) _(E, 2, fmodl, 1) _(R, 2, hypotl, 0) _(E, 2, nextafterl, 1) _(R, 2, powl, 0) _(E, 2, remainderl, 1) \
    _(E, 3, fmal, 1)

/* Those with other arguments, seen as functions of doubles. */
static double frexp_fraction(double x) { int e; double f = frexp(x, &e); return f + e; }
static double modf_sum(double x) { double whole, part = modf(x, &whole); return part * 2 - whole; }
static double remquo_both(double x, double y) { int q; double r = remquo(x, y, &q); return r + 8 * (q & 7) + (q < 0); }
static double sincos_both(double x) { double s, c; sincos(x, &s, &c); return s + 2 * c; }
static double ldexp_up(double x) { return ldexp(x, 37); }
static double scalbn_down(double x) { return scalbn(x, -1040); }
static double scalbln_far(double x) { return scalbln(x, 3000); }
static double jn_3(double x) { return jn(3, x); }
static double yn_2(double x) { return yn(2, x); }
#define OTHERS(_) \
    _(D, 1, frexp_fraction, 0) _(D, 1, modf_sum, 0) _(D, 2, remquo_both, 0) _(D, 1, sincos_both, 0) _(D, 1, ldexp_up, 1) _(D, 1, scalbn_down, 1) _(D, 1, scalbln_far, 1) \
    _(D, 1, jn_3, 0) _(D, 1, yn_2, 0)

#define DEFINE(kind, arity, f, modes) kind##arity(f)
FUNCTIONS(DEFINE)
OTHERS(DEFINE)

#define ENTRY(kind, arity, f, modes) { #f, #kind[0], arity, modes, call_##f },
static const struct function { const char *name; char kind; u8 arity, modes; adapter call; } functions[] = { FUNCTIONS(ENTRY) OTHERS(ENTRY) };

static const double edges[] = {
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 3.0, -3.0, 10.0, 0.1, -0.7, 1.5, 2.5, -2.5, 0x1.921fb54442d18p0, 0x1.921fb54442d18p1, 0x1.2d97c7f3321d2p2, 0x1.0000000000001p0,
    0x1.fffffffffffffp-1, 100.0, -745.5, 709.9, 1e5, 1e10, 0x1p31, -0x1p31, 0x1.fffffffcp30, 0x1p63, 0x1p-30, 0x1p-60, 1e22, 1e300, -1e300, 0x1.fffffffffffffp1023,
    0x1p-1022, 0x1p-1074, -0x1.8p-1073, __builtin_inf(), -__builtin_inf(), __builtin_nan(""), 4503599627370497.5, 9007199254740993.0, -170.6, 171.7,
};
enum { EDGES = sizeof edges / sizeof *edges, RANDOM = 100 };

static u32 seed, sum;
static int loud;

static u32 random(void)
{
    seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
    return seed;
}

/* Mostly sizes where functions do something; every eighth any at all. */
static double random_double(void)
{
    union { u32 word[2]; double d; } x = { { random(), random() } };
    u32 size = random() % 8 ? 1023 - 12 + random() % 20 : random() % 2047;
    x.word[1] = (x.word[1] & 0x800fffff) | size << 20;
    return x.d;
}

static void mode(u32 rounding)
{
    u32 control = 0x1f80 | rounding << 13;
    x87_mode(EXTENDED_PRECISION, rounding);
    __asm__ volatile("ldmxcsr %0" : : "m"(control));
}

static u32 exceptions(void)
{
    u32 control;
    __asm__ volatile("stmxcsr %0" : "=m"(control));
    return (control | x87_flags()) & (INVALID | ZERO_DIVIDE | OVERFLOW | UNDERFLOW);
}

static u32 bytes_of(char kind) { return kind == 'F' ? 4 : kind == 'E' ? 10 : 8; }

static void fold(u32 word) { sum = (sum << 7 | sum >> 25) * 0x9e3779b1 + word; }

/* With fewer digits: quotients such as 1 / (1 - u) would lie between two doubles, where the last bit of extended decides. */
static double shorter(double x)
{
    union { double d; u32 word[2]; } y = { x };
    y.word[0] &= 0xfff00000;
    return y.d;
}

static void evaluate(const struct function *f, u32 rounding, const double *arguments)
{
    union value x[3], r = { .word = { 0 } };
    u32 flags;
    for (u32 i = 0; i < 3; i++) {
        if (f->kind == 'F') x[i].f = (float)arguments[i];
        else if (f->kind == 'E') x[i].e = arguments[i] + (extended)arguments[i] * 0x1.234p-56L;
        else if (f->kind == 'R') x[i].e = shorter(arguments[i]) * (1 + 0x1.234p-56L);
        else x[i].d = arguments[i];
    }
    mode(rounding);
    f->call(x, &r);
    flags = exceptions();
    mode(NEAREST);
    r.word[2] &= 0xffff;
    for (u32 i = 0; i < bytes_of(f->kind); i += 4) fold(r.word[i / 4]);
    fold(flags);
    if (!loud) return;
    put_unsigned(rounding);
    for (u32 i = 0; i < f->arity; i++) put(" "), put_bits(x + i, f->kind == 'R' ? 10 : bytes_of(f->kind));
    put(" -> ");
    put_bits(&r, bytes_of(f->kind));
    put_flags(flags);
    end_line();
}

static void all(const struct function *f)
{
    seed = 2463534242, sum = 0;
    for (u32 rounding = 0; rounding < (f->modes ? 4u : 1u); rounding++) {
        for (u32 i = 0; i < EDGES; i++) {
            double x[3] = { edges[i], 0, 0 };
            if (f->arity == 1) evaluate(f, rounding, x);
            else for (u32 j = 0; j < EDGES; j += rounding ? 4 : 1) {
                x[1] = edges[j], x[2] = edges[(i + j * 3) % EDGES];
                evaluate(f, rounding, x);
            }
        }
        for (u32 i = 0; i < RANDOM; i++) {
            double x[3] = { random_double(), random_double(), random_double() };
            if (i % 3 == 0) x[2] = -x[0] * x[1];
            evaluate(f, rounding, x);
        }
    }
    put(f->name);
    put(" ");
    put_hex(sum);
    put("; ");
    if (line_length > 100) end_line();
}

static int text(void)
{
    static const char *const numbers[] = {
        "0", "-0", "1", "-1.5", "0.1", "3.14159265358979323846264338327950288", "1e23", "9007199254740993", "123456789012345678", "1e-5", "123456.5", "1234567.5", "0.0001234565", "2.5", "3.5",
        "1.7976931348623157e308", "1.7976931348623159e308", "2.2250738585072011e-308", "4.9e-324", "2e-324", "1e4932", "3.6e-4951", "1e-5000", "1e5000", "inf", "-nan", "nan(123)", "0x1.8p3",
        "0x1.fffffffffffffcp0", "0x.0000000000000000001p-1000", "  +7.e1x", "infinityx", "1e", ".5", "-.", "999999.95", "0.99999949999999999",
    };
    char buffer[512];
    for (u32 i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char *end;
        double d = strtod(numbers[i], &end);
        float f = strtof(numbers[i], 0);
        extended e = strtold(numbers[i], 0);
        put(numbers[i]);
        put(" ends at ");
        put_unsigned((u32)(end - numbers[i]));
        end_line();
        snprintf(buffer, sizeof buffer, "  %a %La %.9g %.17g %.21Lg\n  %g %e %f %.3a %.0f %+.2Le %012.3f|%-12.4g|%#.0e", d, e, f, d, e, d, d, d > 1e30 ? 1e30 : d, d, d < 1e18 ? d : 1e18, e, d < 1e9 ? d : 1e9, d, d);
        say(buffer);
    }
    return 0;
}

static int run(void)
{
    mode(NEAREST);
    if (argument_is(1, "text")) return text();
    for (u32 i = 0; i < sizeof functions / sizeof *functions; i++) {
        int named = argc == 1;
        for (int j = 1; j < argc; j++) named |= argument_is(j, functions[i].name);
        if (!named) continue;
        loud = argc > 1;
        all(functions + i);
    }
    if (line_length) end_line();
    return 0;
}
