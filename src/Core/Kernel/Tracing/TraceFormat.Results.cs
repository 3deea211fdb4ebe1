namespace CheckpointRestart.Core.Kernel.Tracing;

/// <content>What is said behind a result.</content>
static partial class TraceFormat
{
    /// <summary>The flags of an open file, with the access mode.</summary>
    public static string OpenFlags(uint flags) => FlagText("f.open", flags);

    /// <summary>Descriptors with events, of poll(2).</summary>
    public static string ReadyText(byte[] b)
    {
        var found = new List<string>();
        for (int at = 0; at + 8 <= b.Length; at += 8)
        {
            uint events = U32(b, at + 4) >> 16;
            if (events != 0) found.Add(Say($"{{fd={S32(b, at)}, revents={Vocabulary.Flags("f.poll", events)}}}"));
        }
        return "[" + string.Join(", ", found) + "]";
    }

    /// <summary>The sets of select(2) that are left.</summary>
    public static string SelectedText(TracedCall call)
    {
        string[] names = ["in", "out", "except"];
        var found = new List<string>();
        for (int i = 0; i < 3; i++)
        {
            if (call.Outputs[i + 1] is not byte[] set) continue;
            string text = FdSet(set, (int)call.Arguments[0]);
            if (text != "[]") found.Add($"{names[i]} {text}");
        }
        if (call.Outputs[4] is byte[] left) found.Add("left " + StructText(call, call.Signature.Parameters[4].Kind, left));
        return found.Count == 0 ? "" : " (" + string.Join(", ", found) + ")";
    }
}
