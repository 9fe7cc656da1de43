namespace Vibe.Server.Tests.Data.Feed;

/// <summary>A step of a history: somebody writes, or the reader reads.</summary>
internal abstract record Step;

internal abstract record Operation(int Document) : Step;

internal sealed record Create(int Document, IReadOnlyDictionary<string, int> Content, AccessList List)
    : Operation(Document)
{
    public override string ToString() => $"create {Document} {Text.Of(Content)} {List}";
}

/// <summary>Sets members in one revision, or removes those without a value.</summary>
internal sealed record Write(int Document, IReadOnlyDictionary<string, int?> Changes) : Operation(Document)
{
    public override string ToString() => $"write {Document} {Text.Of(Changes)}";
}

internal sealed record Replace(int Document, AccessList List) : Operation(Document);

internal sealed record Delete(int Document) : Operation(Document);

/// <summary>Asks for the next page, which may be lost on its way.</summary>
internal sealed record Pull(int MaxChanges, int MaxBytes, bool Lost) : Step;

/// <summary>Forgets the position and keeps the documents, as a client does whose token does not hold any more.</summary>
internal sealed record Restart : Step;
