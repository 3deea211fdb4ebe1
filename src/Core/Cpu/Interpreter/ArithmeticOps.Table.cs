using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <content>Which instruction is which form.</content>
internal static unsafe partial class ArithmeticOps
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Add_rm8_r8, &RegisterRegister<Add, W8>, &MemoryRegister<Add, W8>);
        table.Add(Code.Add_rm16_r16, &RegisterRegister<Add, W16>, &MemoryRegister<Add, W16>);
        table.Add(Code.Add_rm32_r32, &RegisterRegister<Add, W32>, &MemoryRegister<Add, W32>);
        table.Add(Code.Add_r8_rm8, &RegisterRegister<Add, W8>, &RegisterMemory<Add, W8>);
        table.Add(Code.Add_r16_rm16, &RegisterRegister<Add, W16>, &RegisterMemory<Add, W16>);
        table.Add(Code.Add_r32_rm32, &RegisterRegister<Add, W32>, &RegisterMemory<Add, W32>);
        table.Add(Code.Add_AL_imm8, &RegisterImmediate<Add, W8>);
        table.Add(Code.Add_AX_imm16, &RegisterImmediate<Add, W16>);
        table.Add(Code.Add_EAX_imm32, &RegisterImmediate<Add, W32>);
        table.Add(Code.Add_rm8_imm8, &RegisterImmediate<Add, W8>, &MemoryImmediate<Add, W8>);
        table.Add(Code.Add_rm16_imm16, &RegisterImmediate<Add, W16>, &MemoryImmediate<Add, W16>);
        table.Add(Code.Add_rm32_imm32, &RegisterImmediate<Add, W32>, &MemoryImmediate<Add, W32>);
        table.Add(Code.Add_rm8_imm8_82, &RegisterImmediate<Add, W8>, &MemoryImmediate<Add, W8>);
        table.Add(Code.Add_rm16_imm8, &RegisterImmediate<Add, W16>, &MemoryImmediate<Add, W16>);
        table.Add(Code.Add_rm32_imm8, &RegisterImmediate<Add, W32>, &MemoryImmediate<Add, W32>);

        table.Add(Code.Or_rm8_r8, &RegisterRegister<Or, W8>, &MemoryRegister<Or, W8>);
        table.Add(Code.Or_rm16_r16, &RegisterRegister<Or, W16>, &MemoryRegister<Or, W16>);
        table.Add(Code.Or_rm32_r32, &RegisterRegister<Or, W32>, &MemoryRegister<Or, W32>);
        table.Add(Code.Or_r8_rm8, &RegisterRegister<Or, W8>, &RegisterMemory<Or, W8>);
        table.Add(Code.Or_r16_rm16, &RegisterRegister<Or, W16>, &RegisterMemory<Or, W16>);
        table.Add(Code.Or_r32_rm32, &RegisterRegister<Or, W32>, &RegisterMemory<Or, W32>);
        table.Add(Code.Or_AL_imm8, &RegisterImmediate<Or, W8>);
        table.Add(Code.Or_AX_imm16, &RegisterImmediate<Or, W16>);
        table.Add(Code.Or_EAX_imm32, &RegisterImmediate<Or, W32>);
        table.Add(Code.Or_rm8_imm8, &RegisterImmediate<Or, W8>, &MemoryImmediate<Or, W8>);
        table.Add(Code.Or_rm16_imm16, &RegisterImmediate<Or, W16>, &MemoryImmediate<Or, W16>);
        table.Add(Code.Or_rm32_imm32, &RegisterImmediate<Or, W32>, &MemoryImmediate<Or, W32>);
        table.Add(Code.Or_rm8_imm8_82, &RegisterImmediate<Or, W8>, &MemoryImmediate<Or, W8>);
        table.Add(Code.Or_rm16_imm8, &RegisterImmediate<Or, W16>, &MemoryImmediate<Or, W16>);
        table.Add(Code.Or_rm32_imm8, &RegisterImmediate<Or, W32>, &MemoryImmediate<Or, W32>);

        table.Add(Code.Adc_rm8_r8, &RegisterRegister<Adc, W8>, &MemoryRegister<Adc, W8>);
        table.Add(Code.Adc_rm16_r16, &RegisterRegister<Adc, W16>, &MemoryRegister<Adc, W16>);
        table.Add(Code.Adc_rm32_r32, &RegisterRegister<Adc, W32>, &MemoryRegister<Adc, W32>);
        table.Add(Code.Adc_r8_rm8, &RegisterRegister<Adc, W8>, &RegisterMemory<Adc, W8>);
        table.Add(Code.Adc_r16_rm16, &RegisterRegister<Adc, W16>, &RegisterMemory<Adc, W16>);
        table.Add(Code.Adc_r32_rm32, &RegisterRegister<Adc, W32>, &RegisterMemory<Adc, W32>);
        table.Add(Code.Adc_AL_imm8, &RegisterImmediate<Adc, W8>);
        table.Add(Code.Adc_AX_imm16, &RegisterImmediate<Adc, W16>);
        table.Add(Code.Adc_EAX_imm32, &RegisterImmediate<Adc, W32>);
        table.Add(Code.Adc_rm8_imm8, &RegisterImmediate<Adc, W8>, &MemoryImmediate<Adc, W8>);
        table.Add(Code.Adc_rm16_imm16, &RegisterImmediate<Adc, W16>, &MemoryImmediate<Adc, W16>);
        table.Add(Code.Adc_rm32_imm32, &RegisterImmediate<Adc, W32>, &MemoryImmediate<Adc, W32>);
        table.Add(Code.Adc_rm8_imm8_82, &RegisterImmediate<Adc, W8>, &MemoryImmediate<Adc, W8>);
        table.Add(Code.Adc_rm16_imm8, &RegisterImmediate<Adc, W16>, &MemoryImmediate<Adc, W16>);
        table.Add(Code.Adc_rm32_imm8, &RegisterImmediate<Adc, W32>, &MemoryImmediate<Adc, W32>);

        table.Add(Code.Sbb_rm8_r8, &RegisterRegister<Sbb, W8>, &MemoryRegister<Sbb, W8>);
        table.Add(Code.Sbb_rm16_r16, &RegisterRegister<Sbb, W16>, &MemoryRegister<Sbb, W16>);
        table.Add(Code.Sbb_rm32_r32, &RegisterRegister<Sbb, W32>, &MemoryRegister<Sbb, W32>);
        table.Add(Code.Sbb_r8_rm8, &RegisterRegister<Sbb, W8>, &RegisterMemory<Sbb, W8>);
        table.Add(Code.Sbb_r16_rm16, &RegisterRegister<Sbb, W16>, &RegisterMemory<Sbb, W16>);
        table.Add(Code.Sbb_r32_rm32, &RegisterRegister<Sbb, W32>, &RegisterMemory<Sbb, W32>);
        table.Add(Code.Sbb_AL_imm8, &RegisterImmediate<Sbb, W8>);
        table.Add(Code.Sbb_AX_imm16, &RegisterImmediate<Sbb, W16>);
        table.Add(Code.Sbb_EAX_imm32, &RegisterImmediate<Sbb, W32>);
        table.Add(Code.Sbb_rm8_imm8, &RegisterImmediate<Sbb, W8>, &MemoryImmediate<Sbb, W8>);
        table.Add(Code.Sbb_rm16_imm16, &RegisterImmediate<Sbb, W16>, &MemoryImmediate<Sbb, W16>);
        table.Add(Code.Sbb_rm32_imm32, &RegisterImmediate<Sbb, W32>, &MemoryImmediate<Sbb, W32>);
        table.Add(Code.Sbb_rm8_imm8_82, &RegisterImmediate<Sbb, W8>, &MemoryImmediate<Sbb, W8>);
        table.Add(Code.Sbb_rm16_imm8, &RegisterImmediate<Sbb, W16>, &MemoryImmediate<Sbb, W16>);
        table.Add(Code.Sbb_rm32_imm8, &RegisterImmediate<Sbb, W32>, &MemoryImmediate<Sbb, W32>);

        table.Add(Code.And_rm8_r8, &RegisterRegister<And, W8>, &MemoryRegister<And, W8>);
        table.Add(Code.And_rm16_r16, &RegisterRegister<And, W16>, &MemoryRegister<And, W16>);
        table.Add(Code.And_rm32_r32, &RegisterRegister<And, W32>, &MemoryRegister<And, W32>);
        table.Add(Code.And_r8_rm8, &RegisterRegister<And, W8>, &RegisterMemory<And, W8>);
        table.Add(Code.And_r16_rm16, &RegisterRegister<And, W16>, &RegisterMemory<And, W16>);
        table.Add(Code.And_r32_rm32, &RegisterRegister<And, W32>, &RegisterMemory<And, W32>);
        table.Add(Code.And_AL_imm8, &RegisterImmediate<And, W8>);
        table.Add(Code.And_AX_imm16, &RegisterImmediate<And, W16>);
        table.Add(Code.And_EAX_imm32, &RegisterImmediate<And, W32>);
        table.Add(Code.And_rm8_imm8, &RegisterImmediate<And, W8>, &MemoryImmediate<And, W8>);
        table.Add(Code.And_rm16_imm16, &RegisterImmediate<And, W16>, &MemoryImmediate<And, W16>);
        table.Add(Code.And_rm32_imm32, &RegisterImmediate<And, W32>, &MemoryImmediate<And, W32>);
        table.Add(Code.And_rm8_imm8_82, &RegisterImmediate<And, W8>, &MemoryImmediate<And, W8>);
        table.Add(Code.And_rm16_imm8, &RegisterImmediate<And, W16>, &MemoryImmediate<And, W16>);
        table.Add(Code.And_rm32_imm8, &RegisterImmediate<And, W32>, &MemoryImmediate<And, W32>);

        table.Add(Code.Sub_rm8_r8, &RegisterRegister<Sub, W8>, &MemoryRegister<Sub, W8>);
        table.Add(Code.Sub_rm16_r16, &RegisterRegister<Sub, W16>, &MemoryRegister<Sub, W16>);
        table.Add(Code.Sub_rm32_r32, &RegisterRegister<Sub, W32>, &MemoryRegister<Sub, W32>);
        table.Add(Code.Sub_r8_rm8, &RegisterRegister<Sub, W8>, &RegisterMemory<Sub, W8>);
        table.Add(Code.Sub_r16_rm16, &RegisterRegister<Sub, W16>, &RegisterMemory<Sub, W16>);
        table.Add(Code.Sub_r32_rm32, &RegisterRegister<Sub, W32>, &RegisterMemory<Sub, W32>);
        table.Add(Code.Sub_AL_imm8, &RegisterImmediate<Sub, W8>);
        table.Add(Code.Sub_AX_imm16, &RegisterImmediate<Sub, W16>);
        table.Add(Code.Sub_EAX_imm32, &RegisterImmediate<Sub, W32>);
        table.Add(Code.Sub_rm8_imm8, &RegisterImmediate<Sub, W8>, &MemoryImmediate<Sub, W8>);
        table.Add(Code.Sub_rm16_imm16, &RegisterImmediate<Sub, W16>, &MemoryImmediate<Sub, W16>);
        table.Add(Code.Sub_rm32_imm32, &RegisterImmediate<Sub, W32>, &MemoryImmediate<Sub, W32>);
        table.Add(Code.Sub_rm8_imm8_82, &RegisterImmediate<Sub, W8>, &MemoryImmediate<Sub, W8>);
        table.Add(Code.Sub_rm16_imm8, &RegisterImmediate<Sub, W16>, &MemoryImmediate<Sub, W16>);
        table.Add(Code.Sub_rm32_imm8, &RegisterImmediate<Sub, W32>, &MemoryImmediate<Sub, W32>);

        table.Add(Code.Xor_rm8_r8, &RegisterRegister<Xor, W8>, &MemoryRegister<Xor, W8>);
        table.Add(Code.Xor_rm16_r16, &RegisterRegister<Xor, W16>, &MemoryRegister<Xor, W16>);
        table.Add(Code.Xor_rm32_r32, &RegisterRegister<Xor, W32>, &MemoryRegister<Xor, W32>);
        table.Add(Code.Xor_r8_rm8, &RegisterRegister<Xor, W8>, &RegisterMemory<Xor, W8>);
        table.Add(Code.Xor_r16_rm16, &RegisterRegister<Xor, W16>, &RegisterMemory<Xor, W16>);
        table.Add(Code.Xor_r32_rm32, &RegisterRegister<Xor, W32>, &RegisterMemory<Xor, W32>);
        table.Add(Code.Xor_AL_imm8, &RegisterImmediate<Xor, W8>);
        table.Add(Code.Xor_AX_imm16, &RegisterImmediate<Xor, W16>);
        table.Add(Code.Xor_EAX_imm32, &RegisterImmediate<Xor, W32>);
        table.Add(Code.Xor_rm8_imm8, &RegisterImmediate<Xor, W8>, &MemoryImmediate<Xor, W8>);
        table.Add(Code.Xor_rm16_imm16, &RegisterImmediate<Xor, W16>, &MemoryImmediate<Xor, W16>);
        table.Add(Code.Xor_rm32_imm32, &RegisterImmediate<Xor, W32>, &MemoryImmediate<Xor, W32>);
        table.Add(Code.Xor_rm8_imm8_82, &RegisterImmediate<Xor, W8>, &MemoryImmediate<Xor, W8>);
        table.Add(Code.Xor_rm16_imm8, &RegisterImmediate<Xor, W16>, &MemoryImmediate<Xor, W16>);
        table.Add(Code.Xor_rm32_imm8, &RegisterImmediate<Xor, W32>, &MemoryImmediate<Xor, W32>);

        table.Add(Code.Cmp_rm8_r8, &RegisterRegister<Cmp, W8>, &MemoryRegister<Cmp, W8>);
        table.Add(Code.Cmp_rm16_r16, &RegisterRegister<Cmp, W16>, &MemoryRegister<Cmp, W16>);
        table.Add(Code.Cmp_rm32_r32, &RegisterRegister<Cmp, W32>, &MemoryRegister<Cmp, W32>);
        table.Add(Code.Cmp_r8_rm8, &RegisterRegister<Cmp, W8>, &RegisterMemory<Cmp, W8>);
        table.Add(Code.Cmp_r16_rm16, &RegisterRegister<Cmp, W16>, &RegisterMemory<Cmp, W16>);
        table.Add(Code.Cmp_r32_rm32, &RegisterRegister<Cmp, W32>, &RegisterMemory<Cmp, W32>);
        table.Add(Code.Cmp_AL_imm8, &RegisterImmediate<Cmp, W8>);
        table.Add(Code.Cmp_AX_imm16, &RegisterImmediate<Cmp, W16>);
        table.Add(Code.Cmp_EAX_imm32, &RegisterImmediate<Cmp, W32>);
        table.Add(Code.Cmp_rm8_imm8, &RegisterImmediate<Cmp, W8>, &MemoryImmediate<Cmp, W8>);
        table.Add(Code.Cmp_rm16_imm16, &RegisterImmediate<Cmp, W16>, &MemoryImmediate<Cmp, W16>);
        table.Add(Code.Cmp_rm32_imm32, &RegisterImmediate<Cmp, W32>, &MemoryImmediate<Cmp, W32>);
        table.Add(Code.Cmp_rm8_imm8_82, &RegisterImmediate<Cmp, W8>, &MemoryImmediate<Cmp, W8>);
        table.Add(Code.Cmp_rm16_imm8, &RegisterImmediate<Cmp, W16>, &MemoryImmediate<Cmp, W16>);
        table.Add(Code.Cmp_rm32_imm8, &RegisterImmediate<Cmp, W32>, &MemoryImmediate<Cmp, W32>);

        table.Add(Code.Test_rm8_r8, &RegisterRegister<Test, W8>, &MemoryRegister<Test, W8>);
        table.Add(Code.Test_rm16_r16, &RegisterRegister<Test, W16>, &MemoryRegister<Test, W16>);
        table.Add(Code.Test_rm32_r32, &RegisterRegister<Test, W32>, &MemoryRegister<Test, W32>);
        table.Add(Code.Test_AL_imm8, &RegisterImmediate<Test, W8>);
        table.Add(Code.Test_AX_imm16, &RegisterImmediate<Test, W16>);
        table.Add(Code.Test_EAX_imm32, &RegisterImmediate<Test, W32>);
        table.Add(Code.Test_rm8_imm8, &RegisterImmediate<Test, W8>, &MemoryImmediate<Test, W8>);
        table.Add(Code.Test_rm8_imm8_F6r1, &RegisterImmediate<Test, W8>, &MemoryImmediate<Test, W8>);
        table.Add(Code.Test_rm16_imm16, &RegisterImmediate<Test, W16>, &MemoryImmediate<Test, W16>);
        table.Add(Code.Test_rm16_imm16_F7r1, &RegisterImmediate<Test, W16>, &MemoryImmediate<Test, W16>);
        table.Add(Code.Test_rm32_imm32, &RegisterImmediate<Test, W32>, &MemoryImmediate<Test, W32>);
        table.Add(Code.Test_rm32_imm32_F7r1, &RegisterImmediate<Test, W32>, &MemoryImmediate<Test, W32>);

        table.Add(Code.Inc_rm8, &Register<Inc, W8>, &Memory<Inc, W8>);
        table.Add(Code.Inc_rm16, &Register<Inc, W16>, &Memory<Inc, W16>);
        table.Add(Code.Inc_rm32, &Register<Inc, W32>, &Memory<Inc, W32>);
        table.Add(Code.Inc_r16, &Register<Inc, W16>);
        table.Add(Code.Inc_r32, &Register<Inc, W32>);
        table.Add(Code.Dec_rm8, &Register<Dec, W8>, &Memory<Dec, W8>);
        table.Add(Code.Dec_rm16, &Register<Dec, W16>, &Memory<Dec, W16>);
        table.Add(Code.Dec_rm32, &Register<Dec, W32>, &Memory<Dec, W32>);
        table.Add(Code.Dec_r16, &Register<Dec, W16>);
        table.Add(Code.Dec_r32, &Register<Dec, W32>);
        table.Add(Code.Neg_rm8, &Register<Neg, W8>, &Memory<Neg, W8>);
        table.Add(Code.Neg_rm16, &Register<Neg, W16>, &Memory<Neg, W16>);
        table.Add(Code.Neg_rm32, &Register<Neg, W32>, &Memory<Neg, W32>);
        table.Add(Code.Not_rm8, &Register<Not, W8>, &Memory<Not, W8>);
        table.Add(Code.Not_rm16, &Register<Not, W16>, &Memory<Not, W16>);
        table.Add(Code.Not_rm32, &Register<Not, W32>, &Memory<Not, W32>);
    }
}
