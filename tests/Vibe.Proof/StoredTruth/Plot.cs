using System.Globalization;
using Google.Protobuf;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Proof.StoredTruth.Oracles;
using Vibe.Testing;

namespace Vibe.Proof.StoredTruth;

/// <summary>Chooses what happens next. Everything that it chooses follows from the seed and from what happened before.</summary>
internal sealed class Plot(Random random, Person alice, Person bob, bool isHeavy)
{
    private const int Heavy = 900_000;

    private static readonly string[] Members = ["a", "b", "c"];

    private readonly List<string> _documents = [];
    private int _values;
    private int _keys;
    private int _made;

    public T Pick<T>(params T[] choices) => choices[random.Next(choices.Length)];

    public int PageSize() => Pick(1, 1, 2, 3, 5, 1000);

    /// <summary>Some of several, in their order.</summary>
    public List<T> Some<T>(IEnumerable<T> all) => [.. all.Where(_ => random.Next(2) == 0)];

    /// <summary>The ids that were ever used in a collection.</summary>
    public IEnumerable<string> Made(string collection) =>
        _documents
            .Where(document => document.StartsWith(alice.Collection(collection) + "/", StringComparison.Ordinal))
            .Select(document => document.Split('/')[^1]);

    public void Forget(Predicate<string> isGone) => _documents.RemoveAll(isGone);

    public Allow[] Mask() =>
        Pick<Allow[]>(
            [new Allow(Cast.Movies, Cast.ReadWrite, "/a")],
            [new Allow(Cast.Movies, Cast.ReadWrite, "/a", "/b")],
            [new Allow(Cast.Movies, Cast.ReadWrite, "/a", "/c")],
            [new Allow(Cast.Movies, [Operation.Read], "/b")],
            [new Allow(Cast.Movies, [Operation.Read], "/a"), new Allow(Cast.Movies, Cast.ReadWrite, "/b")],
            [new Allow(Cast.Movies, Cast.ReadWrite, "/a", "/b"), new Allow(Cast.Movies, [Operation.Share])],
            [new Allow(Cast.Movies, Cast.ReadWrite, "*")]
        );

    public Allow[] GuestMask() =>
        Pick<Allow[]>(
            [Shared(Cast.ReadUpdate, "/a")],
            [Shared(Cast.ReadUpdate, "/a", "/b")],
            [Shared(Cast.ReadUpdate, "/b", "/c"), Shared([Operation.Share])],
            [Shared([Operation.Read], "*"), Shared([Operation.Delete])]
        );

    public string[] SharerMembers() => Pick<string[]>(["*"], ["/a", "/b"]);

    /// <summary>Something for somebody to ask for, possible or not.</summary>
    public Deed Next(Func<string, Func<Seat>> seat, Oracle oracle, Func<string, string> etag)
    {
        var by = Pick("owner", "owner", "owner", "masked", "whole", "sharer", "bob", "guest");
        var key = random.Next(2) == 0 ? "" : Key();
        if (random.Next(9) == 0)
        {
            var documents = new HashSet<string>();
            var writes = Enumerable
                .Range(0, random.Next(2, 5))
                .Select(_ => Write(by, oracle))
                .Where(write => documents.Add(write.Document))
                .ToList();
            return new Deed(seat(by), writes, key);
        }
        var single = Write(by, oracle);
        if (by == "owner" && random.Next(5) == 0 && single.ActionCase != Data.V1.Write.ActionOneofCase.Create)
            single.IfMatch = etag(single.Document);
        return new Deed(seat(by), [single], key);
    }

    /// <summary>Writes for several to make at once, each to a document of its own and none in vain.</summary>
    public IReadOnlyList<IReadOnlyList<Deed>> Storm(Func<string, Func<Seat>> seat, Oracle oracle)
    {
        var there = _documents.Where(oracle.Exists).ToArray();
        random.Shuffle(there);
        var queues = new List<IReadOnlyList<Deed>>();
        foreach (var by in new[] { "owner", "whole", "owner" })
        {
            var isNew = queues.Count >= there.Length || random.Next(3) == 0;
            var document = isNew ? Fresh() : there[queues.Count];
            var writes = new List<Write>();
            if (isNew)
                writes.Add(Creation(document, by == "owner"));
            for (var i = random.Next(1, 4); i > 0; i--)
                writes.Add(by == "owner" && random.Next(3) == 0 ? Sharing(document) : Change(document));
            if (random.Next(6) == 0)
                writes.Add(new Write { Document = document, Delete = new DeleteWrite() });
            queues.Add([.. writes.Select(write => new Deed(seat(by), [write], Key()))]);
        }
        return queues;
    }

    private Write Write(string by, Oracle oracle)
    {
        if (_documents.Count < 3 || random.Next(6) == 0)
            return Creation(Fresh(), by is "owner");
        // Most is about what is there, and now and then about what is not.
        var document = Pick([.. _documents]);
        if (!oracle.Exists(document) && random.Next(4) > 0)
            document = _documents.LastOrDefault(oracle.Exists) ?? document;
        return random.Next(12) switch
        {
            0 or 1 or 2 when by is "owner" or "sharer" or "bob" => Sharing(document),
            3 when random.Next(2) == 0 => new Write { Document = document, Delete = new DeleteWrite() },
            4 when by == "owner" => Creation(document, true),
            _ => Change(document),
        };
    }

    private Write Creation(string document, bool withList) =>
        new()
        {
            Document = document,
            Create = new CreateWrite
            {
                Json = ByteString.CopyFromUtf8(
                    $$"""{"b":{{Value()}}, "a" : {{Value()}}{{(random.Next(2) == 0 ? $",\"c\":{Value()}" : "")}}}"""
                ),
                Acl = withList && random.Next(2) == 0 ? List() : null,
            },
        };

    private Write Change(string document)
    {
        var member = Pick(Members);
        var (json, paths) = random.Next(6) switch
        {
            0 => ("{}", [$"/{member}"]),
            1 => ($$"""{"{{member}}":{{Value()}}}""", new[] { "*" }),
            2 => ($$"""{"a":{{Value()}}}""", ["/a", "/b"]),
            3 => ($$"""{"{{member}}":{{random.Next(2)}}}""", []),
            _ => ($$"""{"{{member}}":{{Value()}}}""", Array.Empty<string>()),
        };
        var write = new Write
        {
            Document = document,
            Update = new UpdateWrite { Json = ByteString.CopyFromUtf8(json) },
        };
        write.Update.UpdatePaths.Add(paths);
        return write;
    }

    private Write Sharing(string document) =>
        new()
        {
            Document = document,
            SetAcl = new SetAclWrite { Acl = List() },
        };

    private Acl List()
    {
        var acl = new Acl();
        switch (random.Next(8))
        {
            case 0 or 1:
                break;
            case 2:
                acl.Allow.Add(Rule(["did:vibe:carol"], Operation.Read));
                break;
            case 3:
                acl.Allow.Add(Rule([bob.Did, "did:vibe:carol"], Operation.Read, Operation.Update));
                break;
            case 4:
                acl.Allow.Add(Rule([bob.Did], Operation.Read, Operation.Share));
                break;
            case 5:
                acl.Allow.Add(Rule([bob.Did], Operation.Read, Operation.Update, Operation.Delete));
                acl.Deny.Add(Rule([bob.Did], Pick(Operation.Read, Operation.Delete)));
                break;
            case 6:
                acl.Allow.Add(Rule([bob.Did], Operation.Read, Operation.Update, Operation.Share, Operation.Delete));
                break;
            default:
                acl.Allow.Add(Rule([bob.Did], Operation.Read));
                break;
        }
        return acl;
    }

    private static AclRule Rule(string[] people, params Operation[] operations)
    {
        var rule = new AclRule();
        rule.People.Add(people);
        rule.Operations.Add(operations);
        return rule;
    }

    private static Allow Shared(Operation[] operations, params string[] fields) =>
        new(Cast.Movies, operations, fields) { IncludeShared = true };

    private string Fresh()
    {
        var document = alice.Document(
            random.Next(5) == 0 ? Cast.Notes : Cast.Movies,
            string.Create(CultureInfo.InvariantCulture, $"d{_made++}")
        );
        _documents.Add(document);
        return document;
    }

    /// <summary>An idempotency key that was not taken before.</summary>
    public string Key() => string.Create(CultureInfo.InvariantCulture, $"k{_keys++}");

    private string Value()
    {
        var value = _values++;
        return random.Next(isHeavy ? 7 : 6) switch
        {
            0 => string.Create(CultureInfo.InvariantCulture, $"\"text {value}\""),
            1 => string.Create(CultureInfo.InvariantCulture, $"{{ \"y\":[{value}, true,null], \"x\":\"é\\\"\" }}"),
            2 => string.Create(CultureInfo.InvariantCulture, $"{value}.50"),
            6 => $"\"{value}{new string('x', Heavy / 3)}\"",
            _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
        };
    }
}
