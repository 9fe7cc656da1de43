using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace Vibe.Cli.Running;

/// <summary>Data on stdout, everything else on stderr. Colours and tables are for terminals alone.</summary>
internal sealed class Output(bool isJson) : IDisposable
{
    private static readonly JsonWriterOptions Written = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private static readonly IAnsiConsole Chatter = AnsiConsole.Create(
        new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }
    );

    private readonly Lock _lock = new();
    private readonly BufferedStream _stdout = new(Console.OpenStandardOutput(), 1 << 16);

    /// <summary>Whether data is written as JSON.</summary>
    public bool IsJson { get; } = isJson;

    /// <summary>Whether somebody watches stderr.</summary>
    public static bool IsWatched => !Console.IsErrorRedirected;

    /// <summary>Writes a line of data.</summary>
    public void Line(string line) => Write(Encoding.UTF8.GetBytes(line));

    /// <summary>Writes a JSON object as a line of data.</summary>
    public void Json(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Written))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }
        Write(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    /// <summary>Writes rows: a table on a terminal, else tabs between columns and no heading.</summary>
    public void Table(string[] headings, IEnumerable<string[]> rows)
    {
        if (Console.IsOutputRedirected)
        {
            foreach (var row in rows)
                Line(string.Join('\t', row));
            Flush();
            return;
        }
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns(headings);
        foreach (var row in rows)
            table.AddRow([.. row.Select(Markup.Escape)]);
        AnsiConsole.Write(table);
    }

    /// <summary>Hands over the data that was written so far.</summary>
    public void Flush()
    {
        lock (_lock)
            Guard(_stdout.Flush);
    }

    /// <summary>Says something to whoever watches.</summary>
    public void Say(string text) => Console.Error.WriteLine(text);

    /// <summary>Shows how far something is, in place of what was shown before.</summary>
    public void Progress(string text) => Console.Error.Write(IsWatched ? $"\r\u001b[K{text}" : $"{text}\n");

    /// <summary>Takes away what <see cref="Progress"/> shows.</summary>
    public void EndProgress()
    {
        if (IsWatched)
            Console.Error.Write("\r\u001b[K");
    }

    /// <summary>Says what went wrong.</summary>
    public void Error(string what)
    {
        Chatter.Markup("[red]error:[/] ");
        Console.Error.WriteLine(what);
    }

    /// <summary>Names the command that helps.</summary>
    public void Next(string command)
    {
        Chatter.Markup("[green]next:[/] ");
        Console.Error.WriteLine(command);
    }

    public void Dispose() => Flush();

    private void Write(ReadOnlySpan<byte> line)
    {
        lock (_lock)
        {
            try
            {
                _stdout.Write(line);
                _stdout.WriteByte((byte)'\n');
            }
            catch (IOException exception)
            {
                throw new OutputClosedException(exception);
            }
        }
    }

    private static void Guard(Action write)
    {
        try
        {
            write();
        }
        catch (IOException exception)
        {
            throw new OutputClosedException(exception);
        }
    }
}
