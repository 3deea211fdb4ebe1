namespace CheckpointRestart.Core.Files;

/// <content>VERASE, VWERASE and VKILL: taking input back, and from the screen.</content>
internal sealed partial class LineDiscipline
{
    enum Extent
    {
        Character,
        Word,
        Line,
    }

    void Erase(byte c)
    {
        if (readHead == lineHead) return;
        ref readonly var modes = ref Modes;
        Extent extent;
        if (c == modes[ControlCharacter.Erase])
        {
            extent = Extent.Character;
        }
        else if (c == modes[ControlCharacter.WordErase])
        {
            extent = Extent.Word;
        }
        else
        {
            const LocalModes visibly = LocalModes.EchoKill | LocalModes.EchoKillErases | LocalModes.EchoErase;
            if (!modes.Has(LocalModes.Echo) || (modes.Local & visibly) != visibly)
            {
                readHead = lineHead;
                if (!modes.Has(LocalModes.Echo)) return;
                FinishErasing();
                Echo(modes[ControlCharacter.Kill]);
                if (modes.Has(LocalModes.EchoKill)) EchoPlain((byte)'\n');
                return;
            }
            extent = Extent.Line;
        }
        bool inWord = false;
        while ((readHead & Mask) != (lineHead & Mask))
        {
            uint head = readHead;
            do c = At(--head);
            while (IsContinuation(c) && (head & Mask) != (lineHead & Mask));
            // A character whose first byte is not there is left alone.
            if (IsContinuation(c)) break;
            if (extent == Extent.Word)
            {
                if (CharacterClass.IsAlphanumeric(c) || c == '_') inWord = true;
                else if (inWord) break;
            }
            uint length = readHead - head;
            readHead = head;
            if (modes.Has(LocalModes.Echo)) EchoErased(c, head, length, extent);
            if (extent == Extent.Character) break;
        }
        if (readHead == lineHead && modes.Has(LocalModes.Echo)) FinishErasing();
    }

    void EchoErased(byte c, uint head, uint length, Extent extent)
    {
        ref readonly var modes = ref Modes;
        if (modes.Has(LocalModes.EchoPrint))
        {
            if (!isErasing)
            {
                EchoPlain((byte)'\\');
                isErasing = true;
            }
            Echo(c);
            while (--length > 0)
            {
                EchoPlain(At(++head));
                EchoOperation(MoveBackColumn);
            }
        }
        else if (extent == Extent.Character && !modes.Has(LocalModes.EchoErase))
        {
            Echo(modes[ControlCharacter.Erase]);
        }
        else if (c == '\t')
        {
            EchoErasedTab();
        }
        else
        {
            bool isControl = CharacterClass.IsControl(c), twice = isControl && modes.Has(LocalModes.EchoControl);
            if (twice) EchoBackspace();
            if (!isControl || twice) EchoBackspace();
        }
    }

    void EchoBackspace()
    {
        EchoPlain((byte)'\b');
        EchoPlain((byte)' ');
        EchoPlain((byte)'\b');
    }

    /// <summary>How far back a tab went depends on the columns since the tab before it, or since the start of the line.</summary>
    void EchoErasedTab()
    {
        uint columns = 0;
        bool afterTab = false;
        for (uint at = readHead; (at & Mask) != (lineHead & Mask);)
        {
            byte c = At(--at);
            if (c == '\t')
            {
                afterTab = true;
                break;
            }
            if (CharacterClass.IsControl(c)) columns += Modes.Has(LocalModes.EchoControl) ? 2u : 0;
            else if (!IsContinuation(c)) columns++;
        }
        EchoOperation(EraseTab);
        AddEcho((byte)((columns & 7) | (afterTab ? 0x80u : 0)));
    }

    void FinishErasing()
    {
        if (!isErasing) return;
        EchoPlain((byte)'/');
        isErasing = false;
    }
}
