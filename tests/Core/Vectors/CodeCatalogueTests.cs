using CheckpointRestart.Core.Tests.Guests;
using Iced.Intel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>The table of all instructions is true, and so is the page made of it.</summary>
public class CodeCatalogueTests
{
    static string DocumentPath => Path.Combine(GuestFiles.Repository, "docs", "cpu.md");

    /// <summary>Set CR_UPDATE_DOCS=1 to write the page.</summary>
    [Fact]
    public void ThePageIsWhatTheTableSays()
    {
        string text = CodeDocument.ToMarkdown();
        if (Environment.GetEnvironmentVariable("CR_UPDATE_DOCS") == "1") File.WriteAllText(DocumentPath, text);
        Assert.Equal(text, File.ReadAllText(DocumentPath));
    }

    [Fact]
    public void EveryCodeHasVectorsOrAReason() =>
        Assert.All(CodeCatalogue.All, entry => Assert.True(entry.Vectors > 0 || entry.Reason.Length > 0, entry.Code.ToString()));

    [Fact]
    public void WhatRaisesAnExceptionDoes()
    {
        using var machine = new VectorMachine();
        Assert.All(CodeCatalogue.All.Where(entry => entry.Standing == CodeStanding.Raises), entry =>
        {
            var result = Run(machine, entry.Code);
            uint at = VectorForm.Blank().Eip + (entry.Code.ToOpCode().Fwait ? 1u : 0);
            Assert.Equal((entry.Exception, at), ((byte)result.Trap, result.Eip));
        });
    }

    /// <summary>What works without vectors is at least no invalid opcode.</summary>
    [Fact]
    public void WhatWorksWithoutVectorsRuns()
    {
        using var machine = new VectorMachine();
        Assert.All(CodeCatalogue.All.Where(entry => entry.Standing == CodeStanding.Unrecorded), entry => Assert.NotEqual(6u, Run(machine, entry.Code).Trap));
    }

    static VectorState Run(VectorMachine machine, Code code)
    {
        var made = VectorForm.Blank();
        made.Gpr[3] = made.Gpr[6] = made.Gpr[7] = VectorLayout.DataWindow;
        var bytes = CodeSample.Encode(code)!;
        made.Length = (uint)bytes.Length;
        bytes.CopyTo(made.Code);
        machine.Run(ref made, pieces: false, out var result);
        return result;
    }
}
