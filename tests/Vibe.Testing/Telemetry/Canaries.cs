using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Vibe.Testing.Telemetry;

/// <summary>
/// What people, apps and tests gave a server and what must not come out of it where an operator looks: ids, tokens, and
/// every longer text of a request. A short one would be found by chance.
/// </summary>
public sealed class Canaries
{
    private const int ShortestText = 12;
    private const int MaxTexts = 2000;

    private readonly ConcurrentDictionary<string, bool> _texts = new();
    private int _count;

    /// <summary>Notes a text.</summary>
    public void Add(string text)
    {
        if (text.Length >= ShortestText && _count < MaxTexts && _texts.TryAdd(text, true))
            Interlocked.Increment(ref _count);
    }

    /// <summary>Notes every text in a request.</summary>
    public void Add(IMessage request)
    {
        foreach (var field in request.Descriptor.Fields.InDeclarationOrder())
            switch (field.Accessor.GetValue(request))
            {
                case string text:
                    Add(text);
                    break;
                case ByteString bytes:
                    Add(bytes.ToStringUtf8());
                    break;
                case IMessage message:
                    Add(message);
                    break;
                case System.Collections.IEnumerable values when field.FieldType == FieldType.Message && !field.IsMap:
                    foreach (var message in values.Cast<IMessage>())
                        Add(message);
                    break;
            }
    }

    /// <summary>The texts that hold one of the canaries.</summary>
    public IEnumerable<string> In(IEnumerable<string> texts) =>
        texts.Where(text => _texts.Keys.Any(canary => text.Contains(canary, StringComparison.Ordinal)));
}
