using System.Reflection;
using System.Reflection.Emit;

namespace CheckpointRestart.HelpBuilder;

/// <summary>An instruction of a method body: its operation, and the text, number or method that it names.</summary>
readonly record struct BodyInstruction(OpCode Operation, object? Operand);

/// <summary>Reads the intermediate language of methods (ECMA-335, partition III).</summary>
static class MethodBodyReader
{
    static readonly Dictionary<short, OpCode> Operations = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(operation => operation.Value);

    public static IEnumerable<BodyInstruction> Read(MethodBase method)
    {
        byte[] code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        var typeArguments = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        var methodArguments = method is MethodInfo { IsGenericMethod: true } ? method.GetGenericArguments() : null;
        for (int at = 0; at < code.Length;)
        {
            short value = code[at++];
            if (value == 0xfe) value = (short)(0xfe00 | code[at++]);
            var operation = Operations[value];
            object? operand = operation.OperandType switch
            {
                OperandType.InlineString => method.Module.ResolveString(BitConverter.ToInt32(code, at)),
                OperandType.InlineMethod => method.Module.ResolveMethod(BitConverter.ToInt32(code, at), typeArguments, methodArguments),
                OperandType.InlineI => BitConverter.ToInt32(code, at),
                OperandType.ShortInlineI => (int)(sbyte)code[at],
                _ when ShortNumber(operation) is { } number => number,
                _ => null,
            };
            at += operation.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(code, at),
                _ => 4,
            };
            yield return new BodyInstruction(operation, operand);
        }
    }

    /// <summary>The number that an instruction without an operand puts on the stack; null for others.</summary>
    static int? ShortNumber(OpCode operation) =>
        operation.Value >= OpCodes.Ldc_I4_M1.Value && operation.Value <= OpCodes.Ldc_I4_8.Value ? operation.Value - OpCodes.Ldc_I4_0.Value : null;
}
