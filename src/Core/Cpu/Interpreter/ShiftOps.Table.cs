using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <content>Which instruction is which form.</content>
internal static unsafe partial class ShiftOps
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Rol_rm8_1, &RegisterBy<Rol, W8, ByOne>, &MemoryBy<Rol, W8, ByOne>);
        table.Add(Code.Rol_rm8_CL, &RegisterBy<Rol, W8, ByCl>, &MemoryBy<Rol, W8, ByCl>);
        table.Add(Code.Rol_rm8_imm8, &RegisterBy<Rol, W8, ByImmediate>, &MemoryBy<Rol, W8, ByImmediate>);
        table.Add(Code.Rol_rm16_1, &RegisterBy<Rol, W16, ByOne>, &MemoryBy<Rol, W16, ByOne>);
        table.Add(Code.Rol_rm16_CL, &RegisterBy<Rol, W16, ByCl>, &MemoryBy<Rol, W16, ByCl>);
        table.Add(Code.Rol_rm16_imm8, &RegisterBy<Rol, W16, ByImmediate>, &MemoryBy<Rol, W16, ByImmediate>);
        table.Add(Code.Rol_rm32_1, &RegisterBy<Rol, W32, ByOne>, &MemoryBy<Rol, W32, ByOne>);
        table.Add(Code.Rol_rm32_CL, &RegisterBy<Rol, W32, ByCl>, &MemoryBy<Rol, W32, ByCl>);
        table.Add(Code.Rol_rm32_imm8, &RegisterBy<Rol, W32, ByImmediate>, &MemoryBy<Rol, W32, ByImmediate>);
        table.Add(Code.Ror_rm8_1, &RegisterBy<Ror, W8, ByOne>, &MemoryBy<Ror, W8, ByOne>);
        table.Add(Code.Ror_rm8_CL, &RegisterBy<Ror, W8, ByCl>, &MemoryBy<Ror, W8, ByCl>);
        table.Add(Code.Ror_rm8_imm8, &RegisterBy<Ror, W8, ByImmediate>, &MemoryBy<Ror, W8, ByImmediate>);
        table.Add(Code.Ror_rm16_1, &RegisterBy<Ror, W16, ByOne>, &MemoryBy<Ror, W16, ByOne>);
        table.Add(Code.Ror_rm16_CL, &RegisterBy<Ror, W16, ByCl>, &MemoryBy<Ror, W16, ByCl>);
        table.Add(Code.Ror_rm16_imm8, &RegisterBy<Ror, W16, ByImmediate>, &MemoryBy<Ror, W16, ByImmediate>);
        table.Add(Code.Ror_rm32_1, &RegisterBy<Ror, W32, ByOne>, &MemoryBy<Ror, W32, ByOne>);
        table.Add(Code.Ror_rm32_CL, &RegisterBy<Ror, W32, ByCl>, &MemoryBy<Ror, W32, ByCl>);
        table.Add(Code.Ror_rm32_imm8, &RegisterBy<Ror, W32, ByImmediate>, &MemoryBy<Ror, W32, ByImmediate>);
        table.Add(Code.Rcl_rm8_1, &RegisterBy<Rcl, W8, ByOne>, &MemoryBy<Rcl, W8, ByOne>);
        table.Add(Code.Rcl_rm8_CL, &RegisterBy<Rcl, W8, ByCl>, &MemoryBy<Rcl, W8, ByCl>);
        table.Add(Code.Rcl_rm8_imm8, &RegisterBy<Rcl, W8, ByImmediate>, &MemoryBy<Rcl, W8, ByImmediate>);
        table.Add(Code.Rcl_rm16_1, &RegisterBy<Rcl, W16, ByOne>, &MemoryBy<Rcl, W16, ByOne>);
        table.Add(Code.Rcl_rm16_CL, &RegisterBy<Rcl, W16, ByCl>, &MemoryBy<Rcl, W16, ByCl>);
        table.Add(Code.Rcl_rm16_imm8, &RegisterBy<Rcl, W16, ByImmediate>, &MemoryBy<Rcl, W16, ByImmediate>);
        table.Add(Code.Rcl_rm32_1, &RegisterBy<Rcl, W32, ByOne>, &MemoryBy<Rcl, W32, ByOne>);
        table.Add(Code.Rcl_rm32_CL, &RegisterBy<Rcl, W32, ByCl>, &MemoryBy<Rcl, W32, ByCl>);
        table.Add(Code.Rcl_rm32_imm8, &RegisterBy<Rcl, W32, ByImmediate>, &MemoryBy<Rcl, W32, ByImmediate>);
        table.Add(Code.Rcr_rm8_1, &RegisterBy<Rcr, W8, ByOne>, &MemoryBy<Rcr, W8, ByOne>);
        table.Add(Code.Rcr_rm8_CL, &RegisterBy<Rcr, W8, ByCl>, &MemoryBy<Rcr, W8, ByCl>);
        table.Add(Code.Rcr_rm8_imm8, &RegisterBy<Rcr, W8, ByImmediate>, &MemoryBy<Rcr, W8, ByImmediate>);
        table.Add(Code.Rcr_rm16_1, &RegisterBy<Rcr, W16, ByOne>, &MemoryBy<Rcr, W16, ByOne>);
        table.Add(Code.Rcr_rm16_CL, &RegisterBy<Rcr, W16, ByCl>, &MemoryBy<Rcr, W16, ByCl>);
        table.Add(Code.Rcr_rm16_imm8, &RegisterBy<Rcr, W16, ByImmediate>, &MemoryBy<Rcr, W16, ByImmediate>);
        table.Add(Code.Rcr_rm32_1, &RegisterBy<Rcr, W32, ByOne>, &MemoryBy<Rcr, W32, ByOne>);
        table.Add(Code.Rcr_rm32_CL, &RegisterBy<Rcr, W32, ByCl>, &MemoryBy<Rcr, W32, ByCl>);
        table.Add(Code.Rcr_rm32_imm8, &RegisterBy<Rcr, W32, ByImmediate>, &MemoryBy<Rcr, W32, ByImmediate>);
        table.Add(Code.Shl_rm8_1, &RegisterBy<Shl, W8, ByOne>, &MemoryBy<Shl, W8, ByOne>);
        table.Add(Code.Shl_rm8_CL, &RegisterBy<Shl, W8, ByCl>, &MemoryBy<Shl, W8, ByCl>);
        table.Add(Code.Shl_rm8_imm8, &RegisterBy<Shl, W8, ByImmediate>, &MemoryBy<Shl, W8, ByImmediate>);
        table.Add(Code.Shl_rm16_1, &RegisterBy<Shl, W16, ByOne>, &MemoryBy<Shl, W16, ByOne>);
        table.Add(Code.Shl_rm16_CL, &RegisterBy<Shl, W16, ByCl>, &MemoryBy<Shl, W16, ByCl>);
        table.Add(Code.Shl_rm16_imm8, &RegisterBy<Shl, W16, ByImmediate>, &MemoryBy<Shl, W16, ByImmediate>);
        table.Add(Code.Shl_rm32_1, &RegisterBy<Shl, W32, ByOne>, &MemoryBy<Shl, W32, ByOne>);
        table.Add(Code.Shl_rm32_CL, &RegisterBy<Shl, W32, ByCl>, &MemoryBy<Shl, W32, ByCl>);
        table.Add(Code.Shl_rm32_imm8, &RegisterBy<Shl, W32, ByImmediate>, &MemoryBy<Shl, W32, ByImmediate>);
        table.Add(Code.Shr_rm8_1, &RegisterBy<Shr, W8, ByOne>, &MemoryBy<Shr, W8, ByOne>);
        table.Add(Code.Shr_rm8_CL, &RegisterBy<Shr, W8, ByCl>, &MemoryBy<Shr, W8, ByCl>);
        table.Add(Code.Shr_rm8_imm8, &RegisterBy<Shr, W8, ByImmediate>, &MemoryBy<Shr, W8, ByImmediate>);
        table.Add(Code.Shr_rm16_1, &RegisterBy<Shr, W16, ByOne>, &MemoryBy<Shr, W16, ByOne>);
        table.Add(Code.Shr_rm16_CL, &RegisterBy<Shr, W16, ByCl>, &MemoryBy<Shr, W16, ByCl>);
        table.Add(Code.Shr_rm16_imm8, &RegisterBy<Shr, W16, ByImmediate>, &MemoryBy<Shr, W16, ByImmediate>);
        table.Add(Code.Shr_rm32_1, &RegisterBy<Shr, W32, ByOne>, &MemoryBy<Shr, W32, ByOne>);
        table.Add(Code.Shr_rm32_CL, &RegisterBy<Shr, W32, ByCl>, &MemoryBy<Shr, W32, ByCl>);
        table.Add(Code.Shr_rm32_imm8, &RegisterBy<Shr, W32, ByImmediate>, &MemoryBy<Shr, W32, ByImmediate>);
        table.Add(Code.Sal_rm8_1, &RegisterBy<Shl, W8, ByOne>, &MemoryBy<Shl, W8, ByOne>);
        table.Add(Code.Sal_rm8_CL, &RegisterBy<Shl, W8, ByCl>, &MemoryBy<Shl, W8, ByCl>);
        table.Add(Code.Sal_rm8_imm8, &RegisterBy<Shl, W8, ByImmediate>, &MemoryBy<Shl, W8, ByImmediate>);
        table.Add(Code.Sal_rm16_1, &RegisterBy<Shl, W16, ByOne>, &MemoryBy<Shl, W16, ByOne>);
        table.Add(Code.Sal_rm16_CL, &RegisterBy<Shl, W16, ByCl>, &MemoryBy<Shl, W16, ByCl>);
        table.Add(Code.Sal_rm16_imm8, &RegisterBy<Shl, W16, ByImmediate>, &MemoryBy<Shl, W16, ByImmediate>);
        table.Add(Code.Sal_rm32_1, &RegisterBy<Shl, W32, ByOne>, &MemoryBy<Shl, W32, ByOne>);
        table.Add(Code.Sal_rm32_CL, &RegisterBy<Shl, W32, ByCl>, &MemoryBy<Shl, W32, ByCl>);
        table.Add(Code.Sal_rm32_imm8, &RegisterBy<Shl, W32, ByImmediate>, &MemoryBy<Shl, W32, ByImmediate>);
        table.Add(Code.Sar_rm8_1, &RegisterBy<Sar, W8, ByOne>, &MemoryBy<Sar, W8, ByOne>);
        table.Add(Code.Sar_rm8_CL, &RegisterBy<Sar, W8, ByCl>, &MemoryBy<Sar, W8, ByCl>);
        table.Add(Code.Sar_rm8_imm8, &RegisterBy<Sar, W8, ByImmediate>, &MemoryBy<Sar, W8, ByImmediate>);
        table.Add(Code.Sar_rm16_1, &RegisterBy<Sar, W16, ByOne>, &MemoryBy<Sar, W16, ByOne>);
        table.Add(Code.Sar_rm16_CL, &RegisterBy<Sar, W16, ByCl>, &MemoryBy<Sar, W16, ByCl>);
        table.Add(Code.Sar_rm16_imm8, &RegisterBy<Sar, W16, ByImmediate>, &MemoryBy<Sar, W16, ByImmediate>);
        table.Add(Code.Sar_rm32_1, &RegisterBy<Sar, W32, ByOne>, &MemoryBy<Sar, W32, ByOne>);
        table.Add(Code.Sar_rm32_CL, &RegisterBy<Sar, W32, ByCl>, &MemoryBy<Sar, W32, ByCl>);
        table.Add(Code.Sar_rm32_imm8, &RegisterBy<Sar, W32, ByImmediate>, &MemoryBy<Sar, W32, ByImmediate>);
        table.Add(Code.Shld_rm16_r16_CL, &RegisterDouble<Shld, W16, ByCl>, &MemoryDouble<Shld, W16, ByCl>);
        table.Add(Code.Shld_rm16_r16_imm8, &RegisterDouble<Shld, W16, ByImmediate>, &MemoryDouble<Shld, W16, ByImmediate>);
        table.Add(Code.Shld_rm32_r32_CL, &RegisterDouble<Shld, W32, ByCl>, &MemoryDouble<Shld, W32, ByCl>);
        table.Add(Code.Shld_rm32_r32_imm8, &RegisterDouble<Shld, W32, ByImmediate>, &MemoryDouble<Shld, W32, ByImmediate>);
        table.Add(Code.Shrd_rm16_r16_CL, &RegisterDouble<Shrd, W16, ByCl>, &MemoryDouble<Shrd, W16, ByCl>);
        table.Add(Code.Shrd_rm16_r16_imm8, &RegisterDouble<Shrd, W16, ByImmediate>, &MemoryDouble<Shrd, W16, ByImmediate>);
        table.Add(Code.Shrd_rm32_r32_CL, &RegisterDouble<Shrd, W32, ByCl>, &MemoryDouble<Shrd, W32, ByCl>);
        table.Add(Code.Shrd_rm32_r32_imm8, &RegisterDouble<Shrd, W32, ByImmediate>, &MemoryDouble<Shrd, W32, ByImmediate>);
    }
}
