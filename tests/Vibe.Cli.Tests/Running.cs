using System.Diagnostics;
using System.Runtime.InteropServices;
using Vibe.Testing;

namespace Vibe.Cli.Tests;

/// <summary>How a command ended, and what it wrote.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Errors)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public override string ToString() => $"exit code {ExitCode}\n--- stdout\n{Output}--- stderr\n{Errors}";
}

/// <summary>The real command as a process of its own. It is ended by its own id, whatever happens.</summary>
internal sealed class Running : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private Running(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>The checkout that the tests were built from.</summary>
    public static string Root => Checkout.Root;

    public static Running Start(string folder, params string[] args) => Start(folder, [], args);

    public static Running Start(string folder, Dictionary<string, string> environment, params string[] args) =>
        StartAs(null, folder, environment, args);

    /// <summary>Starts a command as another user of the machine, which only the superuser may.</summary>
    public static Running StartAs(
        string? user,
        string folder,
        Dictionary<string, string> environment,
        params string[] args
    )
    {
        var start = new ProcessStartInfo(user is null ? "dotnet" : "runuser")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var argument in user is null ? Array.Empty<string>() : ["-u", user, "--", "dotnet"])
            start.ArgumentList.Add(argument);
        start.ArgumentList.Add(Checkout.Command);
        foreach (var argument in args)
            start.ArgumentList.Add(argument);
        foreach (
            var name in start
                .Environment.Keys.Where(name => name.StartsWith("VIBE_", StringComparison.Ordinal))
                .ToArray()
        )
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new Running(process);
    }

    public static async Task<Outcome> RunAsync(
        string folder,
        Dictionary<string, string> environment,
        params string[] args
    )
    {
        await using var running = Start(folder, environment, args);
        return await running.EndAsync();
    }

    /// <summary>The next line on stdout.</summary>
    public async Task<string> LineAsync()
    {
        if (await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
            return line;
        throw new InvalidOperationException($"It ended: {await _errors}");
    }

    /// <summary>Reads lines up to the first that is wanted, and gives that one.</summary>
    public async Task<string> LineAsync(Func<string, bool> wanted)
    {
        while (true)
            if (await LineAsync() is { } line && wanted(line))
                return line;
    }

    public void Kill() => Signal(9);

    public void Interrupt() => Signal(2);

    public void Terminate() => Signal(15);

    /// <summary>Waits for its end, and gives what it wrote and was not read before.</summary>
    public async Task<Outcome> EndAsync()
    {
        var output = _process.StandardOutput.ReadToEndAsync();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return new Outcome(_process.ExitCode, await output, await _errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        _process.Dispose();
    }

    private void Signal(int signal) => Assert.Equal(0, Kill(_process.Id, signal));

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int pid, int signal);
}
