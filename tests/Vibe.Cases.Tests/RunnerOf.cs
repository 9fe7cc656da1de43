using Vibe.Cases.Runners;
using Vibe.Testing;

namespace Vibe.Cases.Tests;

/// <summary>The runner of one language, built and started for all tests of a class; or what the machine lacks for it.</summary>
public abstract class RunnerOf : IAsyncLifetime
{
    private string? _missing;
    private Runner? _runner;

    internal Runner Runner => _runner!;

    protected abstract string Kind { get; }

    /// <summary>Skips the test, visibly, where the machine lacks something.</summary>
    public void IsThere()
    {
        if (_missing is not null)
            throw Missing.Exception(_missing);
    }

    public async ValueTask InitializeAsync()
    {
        _missing = await RunnerKinds.PrepareAsync(Kind);
        if (_missing is null)
            _runner = await RunnerKinds.StartAsync(Kind);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_runner is not null)
            await _runner.DisposeAsync();
    }
}

/// <inheritdoc/>
public sealed class RunnerOf<TKind> : RunnerOf
    where TKind : IKind
{
    protected override string Kind => TKind.Name;
}

/// <summary>A language and manner.</summary>
public interface IKind
{
    static abstract string Name { get; }
}

public sealed class CSharpKind : IKind
{
    public static string Name => "csharp";
}

public sealed class PythonKind : IKind
{
    public static string Name => "python";
}

public sealed class PythonAsyncioKind : IKind
{
    public static string Name => "python-asyncio";
}

public sealed class RustKind : IKind
{
    public static string Name => "rust";
}

public sealed class TypeScriptNodeKind : IKind
{
    public static string Name => "typescript-node";
}

public sealed class TypeScriptChromiumKind : IKind
{
    public static string Name => "typescript-chromium";
}
