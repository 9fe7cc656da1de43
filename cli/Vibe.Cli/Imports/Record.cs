namespace Vibe.Cli.Imports;

/// <summary>A line that is a document, with the id that it will have.</summary>
internal sealed record Record(int Line, string Id, ReadOnlyMemory<byte> Json);
