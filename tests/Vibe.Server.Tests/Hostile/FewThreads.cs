namespace Vibe.Server.Tests.Hostile;

/// <summary>
/// Has the pool keep no more threads ready than there are processors, until it is disposed of: each keeps arrays for itself
/// that are returned to it, and the more of them come and go, the later what is kept stops to grow.
/// </summary>
internal sealed class FewThreads : IDisposable
{
    private readonly int _workers;
    private readonly int _completions;

    public FewThreads()
    {
        ThreadPool.GetMinThreads(out _workers, out _completions);
        ThreadPool.SetMinThreads(Environment.ProcessorCount, _completions);
    }

    public void Dispose() => ThreadPool.SetMinThreads(_workers, _completions);
}
