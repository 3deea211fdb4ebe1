/* The run of a digest guest: every round of one block, the known answers, and digests of streams of many lengths and of a long one.
   The includer defines begin(), result(u8 *), DIGEST (bytes), ABC and EMPTY (the known answers). */
static void digest(const void *bytes, u32 count, u8 *to, int show)
{
    begin();
    update(bytes, count);
    finish(show);
    result(to);
}

static int run(void)
{
    static u8 bytes[4096], out[DIGEST];
    digest("abc", 3, out, 1);
    check("abc", out, ABC);
    digest("", 0, out, 0);
    check("empty", out, EMPTY);
    stream(bytes, sizeof bytes);
    for (u32 count = BLOCK - LENGTH_BYTES - 2; count < BLOCK + 3; count++) {
        digest(bytes, count, out, 0);
        put_unsigned(count);
        put(" ");
        put_bytes(out, DIGEST);
        end_line();
    }
    begin();
    for (u32 i = 0; i < (u32)argument(1, 16); i++) {
        stream(bytes, sizeof bytes);
        update(bytes, 1 + i * 251 % 4096);
        update(bytes, sizeof bytes);
    }
    finish(0);
    result(out);
    put("long ");
    put_bytes(out, DIGEST);
    end_line();
    return failed;
}
