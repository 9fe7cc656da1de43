using Vibe.Load.Measures;

namespace Vibe.Load.Clients;

/// <summary>Two programs of one language that do the same: by our client, and by the generated code alone.</summary>
internal sealed class Pair(ClientProgram ours, ClientProgram bare) : IAsyncDisposable
{
    public const string Ours = "ours";
    public const string Bare = "bare";

    public ClientProgram OfOurs => ours;

    public ClientProgram OfBare => bare;

    public static async Task<Pair> StartAsync(IReadOnlyList<string> words, CancellationToken cancellation)
    {
        var ours = await ClientProgram.StartAsync(words, Ours, cancellation);
        try
        {
            return new Pair(ours, await ClientProgram.StartAsync(words, Bare, cancellation));
        }
        catch
        {
            await ours.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets both go on in another place.</summary>
    public async Task OpenAsync(Uri address, string token, CancellationToken cancellation)
    {
        await ours.OpenAsync(address, token, cancellation);
        await bare.OpenAsync(address, token, cancellation);
    }

    /// <summary>Puts together what a program has done and what it used for it.</summary>
    public static Sample SampleOf(ClientProgram program, Answer answer, TimeSpan cpuBefore) =>
        new()
        {
            PerSecond = answer.Done / answer.Seconds,
            Cpu = (ProcessTree.Cpu(program.Id) - cpuBefore).TotalMicroseconds / answer.Done,
            Memory = Usage.Mebibytes(ProcessTree.PeakMemory(program.Id)),
        };

    public async ValueTask DisposeAsync()
    {
        await ours.DisposeAsync();
        await bare.DisposeAsync();
    }
}
