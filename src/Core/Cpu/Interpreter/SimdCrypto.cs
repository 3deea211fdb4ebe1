using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>AES-NI and PCLMULQDQ, by the host's own instructions where it has them.</summary>
internal static class SimdCrypto
{
    internal static void Register(HandlerTable table)
    {
        Simd.Add<Encrypt>(table, Code.Aesenc_xmm_xmmm128);
        Simd.Add<EncryptLast>(table, Code.Aesenclast_xmm_xmmm128);
        Simd.Add<Decrypt>(table, Code.Aesdec_xmm_xmmm128);
        Simd.Add<DecryptLast>(table, Code.Aesdeclast_xmm_xmmm128);
        Simd.Add<InverseMix>(table, Code.Aesimc_xmm_xmmm128);
        Simd.AddImmediate<KeyAssist>(table, Code.Aeskeygenassist_xmm_xmmm128_imm8);
        Simd.AddImmediate<CarrylessMultiply>(table, Code.Pclmulqdq_xmm_xmmm128_imm8);
    }

    internal readonly struct Encrypt : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            Aes.IsSupported ? Aes.Encrypt(destination, source) : SoftCrypto.Encrypt(destination, source);
    }

    internal readonly struct EncryptLast : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            Aes.IsSupported ? Aes.EncryptLast(destination, source) : SoftCrypto.EncryptLast(destination, source);
    }

    internal readonly struct Decrypt : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            Aes.IsSupported ? Aes.Decrypt(destination, source) : SoftCrypto.Decrypt(destination, source);
    }

    internal readonly struct DecryptLast : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            Aes.IsSupported ? Aes.DecryptLast(destination, source) : SoftCrypto.DecryptLast(destination, source);
    }

    internal readonly struct InverseMix : IPackedOperation
    {
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source) =>
            Aes.IsSupported ? Aes.InverseMixColumns(source) : SoftCrypto.InverseMix(source);
    }

    internal readonly struct KeyAssist : IPackedImmediate
    {
        // The host's instruction takes a constant only; the round constant is one exclusive or into the second and fourth word.
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate) => Aes.IsSupported
            ? Aes.KeygenAssist(source, 0) ^ Vector128.Create(0u, immediate, 0u, immediate).AsByte()
            : SoftCrypto.KeyAssist(source, immediate);
    }

    internal readonly struct CarrylessMultiply : IPackedImmediate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Compute(Vector128<byte> destination, Vector128<byte> source, byte immediate)
        {
            ulong a = destination.AsUInt64()[immediate & 1];
            ulong b = source.AsUInt64()[immediate >> 4 & 1];
            return Pclmulqdq.IsSupported
                ? Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(a), Vector128.CreateScalar(b), 0).AsByte()
                : SoftCrypto.CarrylessMultiply(a, b);
        }
    }
}
