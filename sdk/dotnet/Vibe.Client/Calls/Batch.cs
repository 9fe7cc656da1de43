using Grpc.Core;
using Vibe.Data.V1;

namespace Vibe.Client.Calls;

/// <summary>The writes of one request, and what the client learns from the answer.</summary>
internal sealed class Batch(Space space, IReadOnlyCollection<Write> writes, string? idempotencyKey)
{
    private readonly BatchWriteRequest _request = new()
    {
        Parent = space.Name,
        Writes = { writes },
        IdempotencyKey = idempotencyKey ?? Guid.NewGuid().ToString("N"),
    };

    private long? _sent;

    public Space Space => space;

    public Connection Connection => space.Connection;

    public IReadOnlyCollection<Write> Writes => writes;

    /// <summary>How many bytes the request takes on the wire.</summary>
    public int Size => _request.CalculateSize();

    /// <summary>Names the documents as in every request of the space, whatever that calls the space.</summary>
    public IEnumerable<string> Documents => writes.Select(write => write.Document[space.Name.Length..]);

    /// <summary>Makes an attempt.</summary>
    public AsyncUnaryCall<BatchWriteResponse> Send(CallOptions options)
    {
        // The first attempt counts: it may be the one that is carried out.
        _sent ??= Connection.Spaces.Next();
        return Connection.Documents.BatchWriteAsync(_request, options);
    }

    /// <summary>Takes in the answer; where another request brought it, that one has done so.</summary>
    public void Acknowledge(BatchWriteResponse response)
    {
        if (_sent is not { } sent)
        {
            return;
        }

        var spaces = Connection.Spaces;
        if (response.Results.Count > 0)
        {
            spaces.Learn(space.Id, response.Results[0].Document);
        }

        spaces.Of(space.Id).Tokens.Acknowledge(response.ConsistencyToken, sent, spaces.Next());
    }
}
