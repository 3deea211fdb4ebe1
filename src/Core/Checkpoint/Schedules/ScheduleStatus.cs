using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <summary>How a schedule stands at one moment.</summary>
public sealed record ScheduleStatus
{
    /// <summary>What becomes of the machine.</summary>
    public ScheduleState State { get; init; }

    /// <summary>True when it goes no further by itself.</summary>
    public bool IsOver => State is ScheduleState.Ended or ScheduleState.Failed or ScheduleState.Parked or ScheduleState.Stopped;

    /// <summary>Instructions that the machine has retired.</summary>
    public ulong Instructions { get; init; }

    /// <summary>Images that were written.</summary>
    public long Saved { get; init; }

    /// <summary>Images that could not be taken or written.</summary>
    public long FailedSaves { get; init; }

    /// <summary>How often the machine came back from an image after a crash.</summary>
    public int Restarts { get; init; }

    /// <summary>The exit code of the machine's first program, once that has ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Full path of the newest image; null before there is one.</summary>
    public string? LastImage { get; init; }

    /// <summary>When it was taken, by the host's clock.</summary>
    public DateTimeOffset? LastSave { get; init; }

    /// <summary>How long the machine stood still for it.</summary>
    public TimeSpan LastPause { get; init; }

    /// <summary>What went wrong last; null while nothing did.</summary>
    public string? LastError { get; init; }

    /// <summary>What else was odd, oldest first: crashes, damaged images that were passed over.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The status as one line of JSON.</summary>
    public string ToLine()
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("state", State.ToString());
            json.WriteNumber("instructions", Instructions);
            json.WriteNumber("saved", Saved);
            json.WriteNumber("failed", FailedSaves);
            json.WriteNumber("restarts", Restarts);
            if (ExitCode is { } code) json.WriteNumber("exitCode", code);
            if (LastImage is { } image) json.WriteString("lastImage", image);
            if (LastSave is { } time) json.WriteString("lastSave", time.ToString("o", CultureInfo.InvariantCulture));
            json.WriteNumber("lastPauseSeconds", LastPause.TotalSeconds);
            if (LastError is { } error) json.WriteString("lastError", error);
            json.WriteStartArray("warnings");
            foreach (string warning in Warnings) json.WriteStringValue(warning);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <summary>Reads what <see cref="ToLine"/> wrote.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static ScheduleStatus Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var fields = new JsonFields(document.RootElement, "");
            return new ScheduleStatus
            {
                State = fields.Choice<ScheduleState>("state"),
                Instructions = fields.Unsigned("instructions", 0),
                Saved = fields.Number("saved", 0, long.MaxValue),
                FailedSaves = fields.Number("failed", 0, long.MaxValue),
                Restarts = (int)fields.Number("restarts", 0, int.MaxValue),
                ExitCode = fields.Has("exitCode") ? (int)fields.Number("exitCode", 0, 255) : null,
                LastImage = fields.Has("lastImage") ? fields.Text("lastImage") : null,
                LastSave = fields.Has("lastSave") ? fields.Time("lastSave") : null,
                LastPause = TimeSpan.FromSeconds(fields.Seconds("lastPauseSeconds", 0)),
                LastError = fields.Has("lastError") ? fields.Text("lastError") : null,
                Warnings = document.RootElement.TryGetProperty("warnings", out var warnings) && warnings.ValueKind == JsonValueKind.Array
                    ? [.. warnings.EnumerateArray().Select(static warning => warning.ToString())]
                    : [],
            };
        }
        catch (JsonException broken)
        {
            throw new FormatException(broken.Message, broken);
        }
    }
}
