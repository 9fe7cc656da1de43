using Grpc.Core;
using Vibe.Load.Followers;
using Vibe.Load.Generators;

namespace Vibe.Load.Servers;

/// <summary>Where documents are written and read on one side, and the calls that do it.</summary>
internal abstract class Place
{
    /// <summary>Tells places apart that do not share what they hold.</summary>
    public abstract string Space { get; }

    /// <summary>Creates a document of 1 KiB, under an id that the server chooses.</summary>
    public abstract Call Create { get; }

    /// <summary>Creates several documents in one commit.</summary>
    public abstract Call CreateMany(int documents);

    /// <summary>Creates a document, and gives what it is read by.</summary>
    public abstract Task<string> StoreAsync(CancellationToken cancellation);

    /// <summary>Reads what was stored.</summary>
    public abstract Call Get(string stored);

    /// <summary>Counts what is there.</summary>
    public abstract Task<long> CountAsync(CancellationToken cancellation);

    /// <summary>Creates a document that reaches followers as a message of so many bytes, where that can be chosen.</summary>
    public virtual Call CreateFor(int messageBytes) => Create;

    /// <summary>Brings everything that is there.</summary>
    /// <param name="view">What may be seen: 0 for all members, else one of the masks, counted from 1.</param>
    public abstract Following CatchUp(int view);

    /// <summary>Brings what is created from now on.</summary>
    /// <param name="view">As above.</param>
    public abstract Following Watch(int view);

    /// <summary>Creates so many documents.</summary>
    public async Task FillAsync(ChannelBase channel, int documents, CancellationToken cancellation)
    {
        const int Batch = 100;
        const int AtOnce = 4;
        var left = documents;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => FillAsync()));

        async Task FillAsync()
        {
            await Task.Yield();
            var invoker = channel.CreateCallInvoker();
            for (int before; (before = Interlocked.Add(ref left, -Batch) + Batch) > 0; )
            {
                var call = CreateMany(Math.Min(before, Batch));
                await call.SendAsync(invoker, call.Copy(), cancellation);
            }
        }
    }
}
