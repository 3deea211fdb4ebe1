using System.Management.Automation;
using System.Management.Automation.Language;

namespace CheckpointRestart.PSHost.Hosting;

/// <summary>
/// The value of <c>$?</c> after the last statement of a text: it decides the exit code of -Command, but the engine sets it again before a host can
/// look. So one more statement is put behind the last, in the syntax tree and not in the text, which error messages quote.
/// </summary>
public static class LastStatus
{
    private static bool s_succeeded = true;

    /// <summary>Called by the appended statement.</summary>
    public static void Set(bool succeeded) => s_succeeded = succeeded;

    internal static bool Succeeded => s_succeeded;

    /// <summary>The text as a script block that leaves its status here, or null when it has errors or a shape that must stay as it is.</summary>
    internal static ScriptBlock? Watch(string text)
    {
        s_succeeded = true;
        var script = Parser.ParseInput(text, out _, out var errors);
        if (errors.Length > 0 || script is not { BeginBlock: null, ProcessBlock: null, CleanBlock: null, DynamicParamBlock: null, ParamBlock: null, EndBlock.Unnamed: true }) return null;
        if (script.UsingStatements.Count > 0) return null;
        var note = (ScriptBlockAst)ScriptBlock.Create("[" + typeof(LastStatus).FullName + "]::Set($?)").Ast;
        var end = script.EndBlock;
        var statements = end.Statements.Select(static s => (StatementAst)s.Copy()).Append((StatementAst)note.EndBlock.Statements[0].Copy());
        var block = new StatementBlockAst(end.Extent, statements, end.Traps?.Select(static t => (TrapStatementAst)t.Copy()));
        return new ScriptBlockAst(script.Extent, paramBlock: null, block, isFilter: false).GetScriptBlock();
    }
}
