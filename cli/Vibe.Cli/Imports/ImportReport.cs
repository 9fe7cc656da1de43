using System.Diagnostics;
using System.Globalization;
using Vibe.Cli.Running;

namespace Vibe.Cli.Imports;

/// <summary>Counts what became of the lines, and tells it.</summary>
internal sealed class ImportReport(Output output, long? length, bool showsProgress = true)
{
    private static readonly TimeSpan WatchedEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LoggedEvery = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _shown;
    private int _read;
    private int _created;
    private int _existing;
    private long _bytes;

    public int Refused { get; private set; }

    public int Created => _created;

    public void Passed(long bytes) => _bytes += bytes;

    public void Read() => _read++;

    /// <summary>Counts records that are there now, and says so in JSON as soon as it is sure.</summary>
    public void Acknowledge(int created, int existing)
    {
        lock (_lock)
        {
            _created += created;
            _existing += existing;
        }
        if (output.IsJson && created + existing > 0)
        {
            output.Json(line => line.WriteNumber("acknowledged", _created + _existing));
            output.Flush();
        }
        Show();
    }

    public void Refuse(int line, string path, string reason, string message)
    {
        lock (_lock)
            Refused++;
        output.EndProgress();
        output.Say($"line {line}: {(path.Length == 0 ? "(whole record)" : path)}: {reason}: {message}");
        if (output.IsJson)
            output.Json(written =>
            {
                written.WriteNumber("line", line);
                written.WriteString("path", path);
                written.WriteString("refused", reason);
                written.WriteString("message", message);
            });
    }

    /// <summary>Says that the server is away.</summary>
    public void SayAway(string why)
    {
        output.EndProgress();
        output.Say($"The server does not answer ({why}). Trying again.");
    }

    /// <summary>Shows progress, now and then.</summary>
    public void Show()
    {
        var now = _clock.Elapsed;
        if (!showsProgress || now - _shown < (Output.IsWatched ? WatchedEvery : LoggedEvery))
            return;
        _shown = now;
        var rate = (_created + _existing) / now.TotalSeconds;
        var left =
            length is { } all && _bytes > 0
                ? $", {TimeSpan.FromSeconds(Math.Ceiling(now.TotalSeconds * (all - _bytes) / _bytes)):m\\:ss} left"
                : "";
        output.Progress(
            string.Create(CultureInfo.InvariantCulture, $"{_created + _existing} of {_read} read, {rate:0}/s{left}")
        );
    }

    public void Summarize(bool isDryRun)
    {
        output.EndProgress();
        if (output.IsJson)
            output.Json(line =>
            {
                line.WriteNumber("read", _read);
                line.WriteNumber("created", _created);
                line.WriteNumber("existing", _existing);
                line.WriteNumber("refused", Refused);
                if (isDryRun)
                    line.WriteBoolean("dry_run", true);
            });
        else
            output.Line(
                isDryRun
                    ? $"{_read} read, {_read - Refused} good, {Refused} refused; nothing was written"
                    : $"{_read} read, {_created} created, {_existing} existing, {Refused} refused"
            );
        output.Flush();
    }
}
