/* The probes of paranoia, for one type and one unit. The includer defines REAL, its size as BYTES, NAME(x), FLAGS() (reads and clears
   the exceptions), NEAR(x) (rounds to an integer in the mode that is set) and ROOT(x). Every value goes through memory, so that
   it has the type's range and precision; what is printed is bits and the exceptions that led there. */

static volatile REAL NAME(half), NAME(one), NAME(two), NAME(three), NAME(ten), NAME(zero);

static NOINLINE void NAME(show)(const char *what, REAL value)
{
    u32 flags = FLAGS();
    volatile REAL stored = value;
    put(what);
    put(" ");
    put_bits(&stored, BYTES);
    put_flags(flags);
    put("; ");
    if (line_length > 90) end_line();
    FLAGS();
}

static void NAME(count)(const char *what, u32 n)
{
    put(what);
    put(" ");
    put_unsigned(n);
    put("; ");
}

/* Radix, digits, and what one digit at the end of 1 is. */
static REAL NAME(radix)(void)
{
    volatile REAL w = NAME(one), y, z, radix, step = NAME(one);
    u32 n = 0, digits = 0;
    do {
        w = w + w;
        y = w + NAME(one);
        z = y - w;
        y = z - NAME(one);
    } while (y == NAME(zero) && ++n < 200);
    do {
        radix = w + step;
        step = step + step;
        radix = radix - w;
    } while (radix == NAME(zero) && ++n < 400);
    NAME(count)("steps", n);
    NAME(show)("radix", radix);
    w = NAME(one);
    do {
        digits++;
        w = w * NAME(two);
        y = w + NAME(one);
        z = y - w;
    } while (z == NAME(one) && digits < 200);
    NAME(count)("digits", digits);
    z = NAME(one) / w;
    NAME(show)("ulp below 1", z);
    return z;
}

/* Guard digits, the sticky bit, and to which side each operation rounds. */
static void NAME(rounding)(REAL below)
{
    volatile REAL u1 = below, u2 = below + below, x, y, z, third = NAME(one) / NAME(three);
    NAME(show)("1/3", third);
    x = third + third, x = x + third, x = x - NAME(one);
    NAME(show)("3(1/3)-1", x);
    x = NAME(one) - u1, y = NAME(one) + u2;
    NAME(show)("1-u", x);
    z = NAME(one) - x;
    NAME(show)("guard -", z);
    z = x * y;
    NAME(show)("(1-u)(1+u)", z);
    z = y * y;
    NAME(show)("(1+u)^2", z);
    z = x * x;
    NAME(show)("(1-u)^2", z);
    z = x / y;
    NAME(show)("(1-u)/(1+u)", z);
    z = y / x;
    NAME(show)("(1+u)/(1-u)", z);
    z = u1 * NAME(half), z = NAME(one) + z;
    NAME(show)("1+u/2", z);
    z = u1 * NAME(half), z = NAME(one) - z;
    NAME(show)("1-u/2", z);
    z = u2 * NAME(half), z = y + z;
    NAME(show)("tie to even +", z);
    z = u2 * NAME(half), z = NAME(one) + z;
    NAME(show)("tie to even -", z);
    x = u1 * u1, z = NAME(half) + u1, z = z * x, z = NAME(one) + z; /* far below: only the sticky bit can tell */
    NAME(show)("sticky +", z);
    z = u2 * NAME(half), z = z + x, z = NAME(one) + z;
    NAME(show)("sticky tie", z);
    z = -NAME(one) - x;
    NAME(show)("sticky -", z);
    x = NAME(ten), y = NAME(three), z = x / y, z = z * y, z = z - x;
    NAME(show)("10/3*3-10", z);
    z = NAME(three) - NAME(three);
    NAME(show)("x-x", z);
    z = -NAME(zero) + NAME(zero);
    NAME(show)("-0+0", z);
    z = -NAME(zero) - NAME(zero);
    NAME(show)("-0-0", z);
}

static void NAME(roots)(REAL below)
{
    volatile REAL x = NAME(two), y;
    y = ROOT(x);
    NAME(show)("sqrt 2", y);
    x = NAME(one) - below, y = ROOT(x);
    NAME(show)("sqrt 1-u", y);
    x = NAME(one) + below + below, y = ROOT(x);
    NAME(show)("sqrt 1+u", y);
    x = NAME(three) * NAME(three), y = ROOT(x);
    NAME(show)("sqrt 9", y);
    x = -NAME(zero), y = ROOT(x);
    NAME(show)("sqrt -0", y);
    x = -NAME(one), y = ROOT(x);
    NAME(show)("sqrt -1", y);
    u32 wrong = 0;
    for (u32 i = 1; i < 300; i++) {
        x = (REAL)(int)i, y = x * x, y = ROOT(y);
        if (y != x) wrong++;
    }
    NAME(count)("wrong squares", wrong);
    FLAGS();
}

/* Down to nothing and up to the end. */
static void NAME(thresholds)(REAL below)
{
    volatile REAL x = NAME(one), y, last, z;
    u32 n = 0, at = 0;
    do {
        last = x;
        x = x * NAME(half);
        n++;
        if ((FLAGS() & UNDERFLOW) && !at) at = n;
    } while (x != NAME(zero) && x != last && n < 20000);
    NAME(count)("halvings", n);
    NAME(count)("first underflow", at);
    NAME(show)("least", last);
    y = last * (NAME(one) + NAME(half));
    NAME(show)("least*1.5", y);
    y = last / NAME(three);
    NAME(show)("least/3", y);
    y = -last * NAME(half);
    NAME(show)("-least/2", y);
    y = ROOT(last);
    NAME(show)("sqrt least", y);
    x = last / below; /* from just above the least normal number */
    FLAGS();
    for (u32 i = 0; i < 6; i++) {
        y = x * (NAME(one) - below);
        NAME(show)("x(1-u)", y);
        z = x - y;
        NAME(show)("x-x(1-u)", z);
        y = x / NAME(three);
        NAME(show)("x/3", y);
        x = x * NAME(half);
    }
    y = x * x;
    NAME(show)("x*x", y);
    y = -x * x;
    NAME(show)("-x*x", y);
    x = NAME(one), n = 0;
    do {
        last = x;
        x = x * NAME(two);
        n++;
    } while (!(FLAGS() & OVERFLOW) && n < 20000);
    NAME(count)("doublings", n);
    NAME(show)("beyond", x);
    y = -last * NAME(two);
    NAME(show)("-beyond", y);
    y = last + (last - last * below);
    NAME(show)("largest", y);
    z = y + y * below * NAME(half);
    NAME(show)("largest+", z);
    z = y + last * below * below;
    NAME(show)("largest++", z);
    z = y * (NAME(one) + below + below);
    NAME(show)("largest*(1+u)", z);
    z = NAME(one) / y;
    NAME(show)("1/largest", z);
}

static void NAME(specials)(void)
{
    volatile REAL inf = NAME(one) / NAME(zero), nan, z;
    NAME(show)("1/0", inf);
    z = -NAME(one) / NAME(zero);
    NAME(show)("-1/0", z);
    z = NAME(one) / -NAME(zero);
    NAME(show)("1/-0", z);
    nan = NAME(zero) / NAME(zero);
    NAME(show)("0/0", nan);
    z = inf - inf;
    NAME(show)("inf-inf", z);
    z = inf * NAME(zero);
    NAME(show)("inf*0", z);
    z = inf / inf;
    NAME(show)("inf/inf", z);
    z = NAME(one) / inf;
    NAME(show)("1/inf", z);
    z = ROOT(inf);
    NAME(show)("sqrt inf", z);
    z = nan + NAME(one);
    NAME(show)("nan+1", z);
    z = (REAL)(nan < NAME(one)) + NAME(two) * (REAL)(nan != nan) + (REAL)4 * (REAL)(inf > NAME(ten)) + (REAL)8 * (REAL)(-NAME(zero) == NAME(zero));
    NAME(show)("compares", z);
    z = (REAL)__builtin_isless(nan, inf) + NAME(two) * (REAL)__builtin_isunordered(nan, inf);
    NAME(show)("quiet compares", z);
}

static void NAME(conversions)(void)
{
    static const int fifths[] = { -25, -15, -12, -8, -5, -2, 2, 5, 8, 12, 15, 25 };
    volatile REAL x, y;
    for (u32 i = 0; i < sizeof fifths / sizeof *fifths; i++) {
        x = (REAL)fifths[i] / NAME(ten);
        FLAGS();
        y = NEAR(x);
        NAME(show)("near", y);
        y = (REAL)(int)x;
        NAME(show)("int", y);
    }
    x = (REAL)2147483647;
    NAME(show)("from int", x);
    x = (REAL)-2147483647;
    NAME(show)("from -int", x);
    x = (REAL)0xffffffffu;
    NAME(show)("from unsigned", x);
    x = (REAL)9007199254740993ll;
    NAME(show)("from long", x);
    x = (REAL)-0x7fffffffffffffffll;
    NAME(show)("from -long", x);
    volatile int huge;
    x = NAME(ten);
    for (u32 i = 0; i < 11; i++) x = x * NAME(ten);
    FLAGS();
    huge = (int)x;
    y = (REAL)huge;
    NAME(show)("too large", y);
    volatile float narrow = (float)(NAME(one) / NAME(three));
    y = (REAL)narrow;
    NAME(show)("float(1/3)", y);
    volatile double wide = (double)(NAME(one) / NAME(ten));
    y = (REAL)wide;
    NAME(show)("double(1/10)", y);
}

static void NAME(probe)(void)
{
    NAME(half) = (REAL)0.5, NAME(one) = 1, NAME(two) = 2, NAME(three) = 3, NAME(ten) = 10, NAME(zero) = 0;
    FLAGS();
    REAL below = NAME(radix)();
    NAME(rounding)(below);
    NAME(roots)(below);
    NAME(thresholds)(below);
    NAME(specials)();
    NAME(conversions)();
    end_line();
}
