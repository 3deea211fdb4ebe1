using System.Numerics;
using CheckpointRestart.Core.Cpu.Floating;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>The CVT instructions.</summary>
internal static class SseConvertForms
{
    private static readonly BigInteger Limit = BigInteger.One << 31;

    internal static IEnumerable<SseForm> All()
    {
        yield return FromIntegers("cvtdq2ps", [0x0f, 0x5b, 0xca], OracleFormat.Single, 4);
        yield return FromIntegers("cvtdq2pd", [0xf3, 0x0f, 0xe6, 0xca], OracleFormat.Double, 2);
        yield return FromIntegers("cvtpi2ps", [0x0f, 0x2a, 0xca], OracleFormat.Single, 2) with { Source = SsePlace.Mmx };
        yield return FromIntegers("cvtpi2pd", [0x66, 0x0f, 0x2a, 0xca], OracleFormat.Double, 2) with { Source = SsePlace.Mmx };
        yield return FromIntegers("cvtsi2ss", [0xf3, 0x0f, 0x2a, 0xca], OracleFormat.Single, 1) with { Source = SsePlace.General };
        yield return FromIntegers("cvtsi2sd", [0xf2, 0x0f, 0x2a, 0xca], OracleFormat.Double, 1) with { Source = SsePlace.General };

        yield return ToIntegers("cvtps2dq", [0x66, 0x0f, 0x5b, 0xca], OracleFormat.Single, 4, truncate: false);
        yield return ToIntegers("cvttps2dq", [0xf3, 0x0f, 0x5b, 0xca], OracleFormat.Single, 4, truncate: true);
        yield return ToIntegers("cvtpd2dq", [0xf2, 0x0f, 0xe6, 0xca], OracleFormat.Double, 2, truncate: false);
        yield return ToIntegers("cvttpd2dq", [0x66, 0x0f, 0xe6, 0xca], OracleFormat.Double, 2, truncate: true);
        foreach (bool truncate in new[] { false, true })
        {
            string t = truncate ? "t" : string.Empty;
            byte code = truncate ? (byte)0x2c : (byte)0x2d;
            yield return ToIntegers($"cvt{t}ps2pi", [0x0f, code, 0xca], OracleFormat.Single, 2, truncate) with { Destination = SsePlace.Mmx };
            yield return ToIntegers($"cvt{t}pd2pi", [0x66, 0x0f, code, 0xca], OracleFormat.Double, 2, truncate) with { Destination = SsePlace.Mmx };
            yield return ToIntegers($"cvt{t}ss2si", [0xf3, 0x0f, code, 0xca], OracleFormat.Single, 1, truncate) with { Destination = SsePlace.General };
            yield return ToIntegers($"cvt{t}sd2si", [0xf2, 0x0f, code, 0xca], OracleFormat.Double, 1, truncate) with { Destination = SsePlace.General };
        }

        yield return Between("cvtps2pd", [0x0f, 0x5a, 0xca], OracleFormat.Single, OracleFormat.Double, 2);
        yield return Between("cvtpd2ps", [0x66, 0x0f, 0x5a, 0xca], OracleFormat.Double, OracleFormat.Single, 2);
        yield return Between("cvtss2sd", [0xf3, 0x0f, 0x5a, 0xca], OracleFormat.Single, OracleFormat.Double, 1);
        yield return Between("cvtsd2ss", [0xf2, 0x0f, 0x5a, 0xca], OracleFormat.Double, OracleFormat.Single, 1);
    }

    private static SseForm FromIntegers(string name, byte[] code, OracleFormat target, int lanes) => new(name, code, null, (oracle, e) =>
    {
        // The rest of the destination goes with the packed forms of XMM sources only.
        UInt128 result = Rest(e.Destination, target.Width * lanes);
        for (int i = 0; i < lanes; i++)
        {
            Number value = Number.Of(Exact.Of((int)(uint)(e.Source >> (32 * i))));
            result |= SseForms.Encode(oracle, target, oracle.Convert(value, target, notesDenormal: false)) << (i * target.Width);
        }

        e.Result = result;
    });

    private static SseForm ToIntegers(string name, byte[] code, OracleFormat source, int lanes, bool truncate) => new(name, code, source, (oracle, e) =>
    {
        UInt128 result = 0;
        for (int i = 0; i < lanes; i++)
        {
            Number value = oracle.Decode(e.Source >> (i * source.Width) & SseForms.Mask(source));
            BigInteger whole = oracle.ToInteger(value, -Limit, Limit - 1, truncate ? Rounding.Zero : oracle.Rounding) ?? -Limit;
            result |= (UInt128)(uint)(int)whole << (32 * i);
        }

        e.Result = result;
    })
    { Lanes = lanes };

    private static SseForm Between(string name, byte[] code, OracleFormat source, OracleFormat target, int lanes) => new(name, code, source, (oracle, e) =>
    {
        UInt128 result = lanes == 1 ? Rest(e.Destination, target.Width) : 0;
        for (int i = 0; i < lanes; i++)
        {
            Number value = oracle.Decode(e.Source >> (i * source.Width) & SseForms.Mask(source));
            result |= SseForms.Encode(oracle, target, oracle.Convert(value, target, notesDenormal: true)) << (i * target.Width);
        }

        e.Result = result;
    })
    { Lanes = lanes };

    private static UInt128 Rest(UInt128 destination, int written) => written == 128 ? 0 : destination >> written << written;
}
