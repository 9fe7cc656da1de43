using System.Diagnostics;
using System.Text;
using System.Threading.Channels;

namespace Vibe.Cases.Tests.Quickstarts;

/// <summary>A shell that commands are typed into. It ends with the first command that fails.</summary>
internal sealed class Terminal : IAsyncDisposable
{
    // Crates are compiled in it, on a machine that may have much else to do.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    private readonly Process _shell;
    private readonly Channel<string> _shown = Channel.CreateUnbounded<string>();
    private readonly StringBuilder _everything = new();
    private readonly Task _reading;

    private Terminal(Process shell)
    {
        _shell = shell;
        _reading = Task.WhenAll(ShowAsync(), ReadAsync(shell.StandardError, line => line));
    }

    public static Terminal Open(string folder, IReadOnlyDictionary<string, string?> environment)
    {
        var start = new ProcessStartInfo("bash", ["--norc", "-e", "-s"])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new Terminal(Process.Start(start)!);
    }

    /// <summary>Types commands that go on running, or whose output is read.</summary>
    public async Task TypeAsync(string commands)
    {
        await _shell.StandardInput.WriteAsync(commands);
        await _shell.StandardInput.FlushAsync();
    }

    /// <summary>Types commands, and waits until all of them have succeeded.</summary>
    public async Task RunAsync(string commands)
    {
        var end = $"end of {Guid.NewGuid()}";
        await TypeAsync($"{commands}\necho '{end}'\n");
        while (await LineAsync() != end) { }
    }

    /// <summary>The next line that it shows, what is written to stderr left out.</summary>
    public async Task<string> LineAsync()
    {
        try
        {
            return await _shown.Reader.ReadAsync().AsTask().WaitAsync(Patience);
        }
        catch (Exception exception) when (exception is ChannelClosedException or TimeoutException)
        {
            throw new InvalidOperationException($"It shows nothing more:\n{this}", exception);
        }
    }

    public override string ToString()
    {
        lock (_everything)
            return _everything.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        _shell.Kill(entireProcessTree: true);
        await _shell.WaitForExitAsync();
        await _reading;
        _shell.Dispose();
    }

    private async Task ShowAsync()
    {
        await ReadAsync(
            _shell.StandardOutput,
            line =>
            {
                _shown.Writer.TryWrite(line);
                return line;
            }
        );
        _shown.Writer.Complete();
    }

    private async Task ReadAsync(StreamReader lines, Func<string, string> see)
    {
        while (await lines.ReadLineAsync() is { } line)
            lock (_everything)
                _everything.AppendLine(see(line));
    }
}
