namespace Vibe.Client.Tests.Scripted;

internal sealed record Movie(string Title, int? Year = null, double? Rating = null);
