using System.Text;
using CheckpointRestart.Core.Tests.Guests;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>Writes docs/cpu.md.</summary>
internal static class CodeDocument
{
    const string Head = """
        # The processor

        Every instruction that Iced knows in 32-bit mode, by Iced's name: with the number of its recorded vectors, or with what it raises and why.
        This page is made from the tables of the tests (`CR_UPDATE_DOCS=1`), and a test fails when it is stale, when an instruction has neither vectors
        nor a reason, or when one does not raise what is said here. All of it is about the model `max`; on a lesser model what CPUID does not show raises #UD.

        A vector is a whole user state (registers, flags, selectors, x87, MMX, SSE, memory around the operands) with an instruction, and what a real processor made
        of it: the state, the exception with its error code and address, the signal and its code. They are in `tests/Core/Vectors`, recorded by `tests/guests/src/oracle.c` on
        {0}.
        An instruction has them for registers and memory, 16-bit addresses, segments with bases and limits, 16-bit code, LOCK, REP, alignment checks and single steps,
        as far as these mean something for it; x87 has them in each rounding and precision.

        ## What is not compared

        C0, C2 and C3 of x87 where the manual leaves them undefined; instruction and operand pointers of x87 (FIP, FCS, FDP, FDS, FOP), which AMD keeps only while an
        exception is pending. All bits of EFLAGS are compared, also those that the manual leaves undefined.

        ## Where makers differ

        Compared with the processor above; others do it differently, and the manual allows either:

        - PUSH of a segment register with 32-bit operands writes 4 bytes, the selector zero extended, and POP reads 4. Newer Intel processors write and read 2.
        - PUSHA, ENTER and far CALL push one by one, POPA loads one by one: a fault in the middle leaves what was done before it, but ESP, EBP and EIP.
        - CMPS looks at ES:EDI first, REPE CMPSB at DS:ESI: seen when both fault. RETF and IRET read from the top of what they pop.
        - FSTENV, FSAVE, FLDENV and FRSTOR look at the control word and then at the last byte, FXSAVE at the last byte: the address of a page fault is that.
        - MASKMOVQ and MASKMOVDQU need all bytes to be writable, chosen or not.
        - ARPL with an operand in memory that need not change does not write.
        - A 16-byte operand that has to be aligned and is not raises #GP even when it lies outside SS, and before an alignment check.
        - IRET with NT set raises #GP, as under a 64-bit kernel.
        - A trap between two iterations of a repeated string instruction has RF set, as Intel has it always, and AMD not for all of them.
        - SGDT, SIDT and SMSW give what Linux shows in their place where the processor forbids them (UMIP): these have vectors. SLDT and STR give what Linux for
          i386 shows: 88h where there is a local table, else 0, and 80h.
        - Undefined flags. Shifts set AF; double shifts too, and clear CF where the count is beyond 16 bits; SHLD then sets OF to CF. DIV and IDIV set AF, clear SF, ZF and PF, and leave CF and OF.
          BSF and BSR clear all but ZF and PF, which is that of the result. AAA and AAS take OF, SF, ZF and PF from the 16-bit sum. MUL and IMUL leave SF, ZF, AF and PF.
          AND, OR, XOR, TEST and AAM clear AF, AAD takes CF, OF and AF from the sum.
        - The bits of MXCSR that exist are FFFFh: AMD's bit 17 is not among them.


        """;

    internal static string ToMarkdown()
    {
        var text = new StringBuilder();
        var processors = VectorFamilies.Names.Select(RecordedOn).Distinct(StringComparer.Ordinal);
        text.Append(Head.Replace("{0}", string.Join(", ", processors), StringComparison.Ordinal));
        var entries = CodeCatalogue.All;
        text.AppendLine("## Instructions").AppendLine().AppendLine("| | Instructions | Vectors |").AppendLine("|---|---:|---:|");
        foreach (var standing in Enum.GetValues<CodeStanding>())
            text.AppendLine($"| {Title(standing)} | {entries.Count(entry => entry.Standing == standing)} | {entries.Where(entry => entry.Standing == standing).Sum(entry => entry.Vectors)} |");
        foreach (var standing in Enum.GetValues<CodeStanding>()) AppendTable(text, standing, entries.Where(entry => entry.Standing == standing));
        return text.ToString().ReplaceLineEndings("\n");
    }

    static void AppendTable(StringBuilder text, CodeStanding standing, IEnumerable<CodeEntry> entries)
    {
        text.AppendLine().AppendLine($"### {Title(standing)}").AppendLine();
        text.AppendLine($"| Instruction | Encoding | {(standing == CodeStanding.Recorded ? "Vectors" : "Why")} |").AppendLine(standing == CodeStanding.Recorded ? "|---|---|---:|" : "|---|---|---|");
        foreach (var entry in entries)
        {
            string last = standing switch
            {
                CodeStanding.Recorded => entry.Vectors.ToString(),
                CodeStanding.Raises => $"#UD: {entry.Reason}",
                _ => entry.Reason,
            };
            text.AppendLine($"| {entry.Code} | `{entry.Code.ToOpCode().ToOpCodeString()}` | {last} |");
        }
    }

    static string Title(CodeStanding standing) => standing switch
    {
        CodeStanding.Recorded => "Work, with vectors",
        CodeStanding.Unrecorded => "Work, without vectors",
        CodeStanding.Raises => "Raise an exception",
        _ => "Mean another instruction",
    };

    static string RecordedOn(string family) => VectorFile.ReadProcessor(Path.Combine(GuestFiles.Repository, "tests", "Core", "Vectors", family + ".vectors"));
}
