using System.Globalization;
using System.Text.Json;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Image;

namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <summary>Reads and writes a <see cref="ScheduleRecord"/> as JSON: written whole or not at all, and read as what a stranger may have written.</summary>
public static class ScheduleFile
{
    const string Format = "checkpoint-schedule";
    const int Revision = 1;
    const int MostBytes = 4 << 20, MostImages = 10_000;

    /// <summary>Replaces the file.</summary>
    /// <exception cref="IOException">It cannot be written; the old one is as it was.</exception>
    public static void Write(string path, ScheduleRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        AtomicFile.Write(path, overwrite: true, stream => Write(stream, record));
    }

    static void Write(Stream stream, ScheduleRecord record)
    {
        var settings = record.Settings;
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteNumber("revision", Revision);
        json.WriteString("name", settings.Name);
        json.WriteString("state", record.State.ToString());
        Optional(json, "exitCode", record.ExitCode);
        if (settings.Period is { } period) json.WriteNumber("everySeconds", period.TotalSeconds);
        if (settings.Instructions is { } instructions)
        {
            json.WriteNumber("everyInstructions", instructions);
            json.WriteNumber("origin", settings.Origin);
        }
        json.WriteNumber("keep", settings.Keep);
        json.WriteNumber("fullEvery", settings.FullEvery);
        if (settings.AutoRestart is { } restart) Write(json, "autoRestart", restart);
        json.WriteBoolean("supervised", settings.IsSupervised);
        json.WriteNumber("heartbeatSeconds", settings.Heartbeat.TotalSeconds);
        Write(json, "hostRestart", settings.HostRestart);
        json.WriteBoolean("allowChangedFiles", settings.AllowChangedFiles);
        if (settings.EncryptedFor is { } keys) json.WriteString("encryptedFor", keys);
        if (settings.SignedBy is { } signer) json.WriteString("signedBy", signer);
        json.WriteString("engine", settings.Engine.ToString());
        json.WriteStartObject("root");
        if (settings.Root.Directory is { } directory) json.WriteString("directory", directory);
        if (settings.Root.Archive is { } archive) json.WriteString("archive", archive);
        if (settings.Root.Program is { } program) json.WriteString("program", program);
        json.WriteBoolean("writable", settings.Root.Writable);
        json.WriteNumber("overlayLimit", settings.Root.OverlayLimit);
        json.WriteEndObject();
        json.WriteStartArray("images");
        foreach (var image in record.Images)
        {
            json.WriteStartObject();
            json.WriteNumber("sequence", image.Sequence);
            Optional(json, "parent", image.Parent);
            json.WriteNumber("instructions", image.Instructions);
            json.WriteString("taken", image.Taken.ToString("o", CultureInfo.InvariantCulture));
            Optional(json, "output", image.Output);
            Optional(json, "error", image.Error);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Reads the file.</summary>
    /// <exception cref="ScheduleException">It breaks a rule, which the message names.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ScheduleRecord Read(string path)
    {
        using var stream = File.OpenRead(path);
        if (stream.Length > MostBytes) throw Wrong(path, $"it is longer than {MostBytes} bytes");
        try
        {
            using var document = JsonDocument.Parse(stream);
            return Read(new JsonFields(document.RootElement, ""));
        }
        catch (JsonException broken)
        {
            throw Wrong(path, broken.Message, broken);
        }
        catch (FormatException broken)
        {
            throw Wrong(path, broken.Message, broken);
        }
    }

    static ScheduleRecord Read(JsonFields fields)
    {
        if (fields.Text("format") != Format) throw new FormatException("format is no checkpoint-schedule");
        fields.Number("revision", Revision, Revision);
        string name = fields.Text("name");
        if (!ScheduleSettings.IsValidName(name)) throw new FormatException($"name '{name}' is none that a schedule has");
        var root = fields.Object("root");
        var settings = new ScheduleSettings
        {
            Name = name,
            Period = fields.Has("everySeconds") ? TimeSpan.FromSeconds(fields.Seconds("everySeconds", 0.001)) : null,
            Instructions = fields.Has("everyInstructions") ? fields.Unsigned("everyInstructions", 1) : null,
            Origin = fields.Has("origin") ? fields.Unsigned("origin", 0) : 0,
            Keep = (int)fields.Number("keep", 1, MostImages),
            FullEvery = (int)fields.Number("fullEvery", 1, MostImages),
            AutoRestart = fields.Has("autoRestart") ? Restart(fields.Object("autoRestart")) : null,
            IsSupervised = fields.Flag("supervised"),
            Heartbeat = TimeSpan.FromSeconds(fields.Seconds("heartbeatSeconds", 0.1)),
            HostRestart = Restart(fields.Object("hostRestart")),
            AllowChangedFiles = fields.Flag("allowChangedFiles"),
            EncryptedFor = fields.Has("encryptedFor") ? fields.Text("encryptedFor") : null,
            SignedBy = fields.Has("signedBy") ? fields.Text("signedBy") : null,
            Engine = fields.Choice<CpuEngine>("engine"),
            Root = new ScheduleRoot
            {
                Directory = root.Has("directory") ? root.Text("directory") : null,
                Archive = root.Has("archive") ? root.Text("archive") : null,
                Program = root.Has("program") ? root.Text("program") : null,
                Writable = root.Flag("writable"),
                OverlayLimit = root.Number("overlayLimit", 0, long.MaxValue),
            },
        };
        if (settings.Period is null == settings.Instructions is null) throw new FormatException("one of everySeconds and everyInstructions is there");
        if ((settings.Root.Directory is null ? 0 : 1) + (settings.Root.Archive is null ? 0 : 1) + (settings.Root.Program is null ? 0 : 1) > 1)
            throw new FormatException("root is a directory, an archive or a program");
        var images = fields.List("images", MostImages).Select(static image => new ScheduleImage
        {
            Sequence = image.Number("sequence", 1, ScheduleStore.MostSequence),
            Parent = image.Has("parent") ? image.Number("parent", 1, ScheduleStore.MostSequence) : null,
            Instructions = image.Unsigned("instructions", 0),
            Taken = image.Time("taken"),
            Output = image.Has("output") ? image.Number("output", 0, long.MaxValue) : null,
            Error = image.Has("error") ? image.Number("error", 0, long.MaxValue) : null,
        }).ToArray();
        for (int i = 1; i < images.Length; i++)
            if (images[i].Sequence <= images[i - 1].Sequence) throw new FormatException("the sequence of the images rises");
        if (images.Any(static image => image.Parent >= image.Sequence)) throw new FormatException("an image builds on an older one");
        return new ScheduleRecord
        {
            Settings = settings,
            State = fields.Choice<ScheduleState>("state"),
            ExitCode = fields.Has("exitCode") ? (int)fields.Number("exitCode", 0, 255) : null,
            Images = images,
        };
    }

    static void Write(Utf8JsonWriter json, string name, RestartSettings restart)
    {
        json.WriteStartObject(name);
        json.WriteNumber("limit", restart.Limit);
        json.WriteNumber("withinSeconds", restart.Within.TotalSeconds);
        json.WriteNumber("delaySeconds", restart.Delay.TotalSeconds);
        json.WriteEndObject();
    }

    static RestartSettings Restart(JsonFields fields) => new()
    {
        Limit = (int)fields.Number("limit", 0, int.MaxValue),
        Within = TimeSpan.FromSeconds(fields.Seconds("withinSeconds", 0)),
        Delay = TimeSpan.FromSeconds(fields.Seconds("delaySeconds", 0)),
    };

    static void Optional(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
    }

    static ScheduleException Wrong(string path, string rule, Exception? inner = null) =>
        new(ScheduleProblem.InvalidFile, $"'{path}' describes no schedule: {rule}", inner);
}
