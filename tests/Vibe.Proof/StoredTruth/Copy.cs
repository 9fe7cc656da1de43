using System.Collections.Immutable;
using Vibe.Sync.V1;

namespace Vibe.Proof.StoredTruth;

/// <summary>What a client keeps of a scope, by the rules of the contract and nothing else.</summary>
/// <param name="Documents">The documents that it holds.</param>
/// <param name="PutAnew">What was put since a snapshot began that has not come to its end.</param>
/// <param name="Token">Where it goes on.</param>
internal sealed record Copy(
    ImmutableSortedDictionary<string, Put> Documents,
    ImmutableHashSet<string>? PutAnew,
    string Token
)
{
    public static readonly Copy Empty = new(
        ImmutableSortedDictionary.Create<string, Put>(StringComparer.Ordinal),
        null,
        ""
    );

    /// <summary>Applies a page and keeps its token, as one step.</summary>
    public Copy Apply(Page page)
    {
        var documents = Documents.ToBuilder();
        var anew = page.Reset ? ImmutableHashSet.Create<string>(StringComparer.Ordinal) : PutAnew;
        foreach (var change in page.Changes)
        {
            if (change.KindCase == Change.KindOneofCase.Put)
            {
                documents[change.DocumentId] = change.Put;
                anew = anew?.Add(change.DocumentId);
            }
            else
            {
                documents.Remove(change.DocumentId);
                anew = anew?.Remove(change.DocumentId);
            }
        }
        if (page.Checkpoint is null || anew is null)
            return new Copy(documents.ToImmutable(), anew, page.ResumeToken);
        documents.RemoveRange(documents.Keys.Except(anew).ToList());
        return new Copy(documents.ToImmutable(), null, page.ResumeToken);
    }
}
