using CsCheck;
using Vibe.Access.V1;
using Vibe.Consent.Policy;
using Vibe.Consent.V1;

namespace Vibe.Server.Tests.Consent.Policy;

public sealed class RightsTests
{
    private static readonly DateTimeOffset End = DateTimeOffset.UnixEpoch.AddYears(99);

    [Fact]
    public void What_nothing_names_is_denied()
    {
        var rights = Compile([], [Ask("*", Operation.Read)]);
        Assert.Equal(Operations.None, rights.Operations);
        Assert.True(rights.Read.IsNone && rights.Create.IsNone && rights.Update.IsNone);
        Assert.Equal(Operations.None, Compile([Allow("*", Operation.Read)], []).Operations);
        Assert.Equal(Operations.None, Compile([Allow("*", Operation.Read)], [Ask("*", Operation.Update)]).Operations);
    }

    [Fact]
    public void A_grant_of_everything_ends_at_the_manifest()
    {
        var rights = Compile([Allow("*", Operation.Read)], [Ask("/a", Operation.Read), Ask("/b", Operation.Read)]);
        Assert.True(rights.Read.Contains("a") && rights.Read.Contains("b"));
        Assert.False(rights.Read.Contains("c"));
    }

    [Fact]
    public void What_the_present_manifest_asks_for_no_longer_is_gone_and_what_it_adds_is_not_there()
    {
        var rights = Rights.Compile(
            "movies",
            true,
            [Allow("*", Operation.Read)],
            Of(Ask("/a", Operation.Read), Ask("/b", Operation.Read)),
            Of(Ask("/b", Operation.Read), Ask("/c", Operation.Read)),
            End
        );
        Assert.Equal([false, true, false], new[] { "a", "b", "c" }.Select(rights.Read.Contains));
        Assert.Equal(End, rights.ValidUntil);
    }

    [Fact]
    public void Denying_wins_whatever_the_order()
    {
        GrantedAccess[] access = [Deny("/a", Operation.Read), Allow("*", Operation.Read, Operation.Update)];
        foreach (var entries in new[] { access, [.. access.Reverse()] })
        {
            var rights = Compile(entries, [Ask("*", Operation.Read, Operation.Update)]);
            Assert.False(rights.Read.Contains("a"));
            Assert.True(rights.Read.Contains("b"));
            Assert.True(rights.Update.IsAll);
        }
    }

    [Fact]
    public void To_deny_a_star_or_an_operation_without_members_denies_it_altogether()
    {
        var manifest = Ask("*", Operation.Read, Operation.Update, Operation.Delete, Operation.Share);
        var rights = Compile(
            [
                Allow("*", Operation.Read, Operation.Update, Operation.Delete, Operation.Share),
                Deny("*", Operation.Read),
                Deny("/a", Operation.Update, Operation.Delete),
            ],
            [manifest]
        );
        Assert.Equal(Operations.Update | Operations.Share, rights.Operations);
        Assert.False(rights.Update.Contains("a"));
        Assert.True(rights.Update.Contains("b"));
    }

    [Fact]
    public void When_every_member_is_denied_the_operation_is_too() =>
        Assert.Equal(
            Operations.None,
            Compile([Allow("/a", Operation.Read), Deny("/a", Operation.Read)], [Ask("*", Operation.Read)]).Operations
        );

    [Fact]
    public void Other_peoples_documents_take_the_word_of_grant_and_manifest()
    {
        foreach (
            var (granted, asked, expected) in new[] { (true, true, true), (true, false, false), (false, true, false) }
        )
        {
            var allow = Allow("*", Operation.Read);
            allow.IncludeShared = granted;
            var ask = Ask("*", Operation.Read);
            ask.IncludeShared = asked;
            Assert.Equal(expected, !Compile([allow], [ask], isHome: false).Read.IsNone);
            Assert.True(Compile([allow], [ask]).Read.IsAll);
        }
    }

    [Fact]
    public void Denying_reaches_other_peoples_documents_too()
    {
        var allow = Allow("*", Operation.Read);
        allow.IncludeShared = true;
        var ask = Ask("*", Operation.Read);
        ask.IncludeShared = true;
        var rights = Compile([allow, Deny("/a", Operation.Read)], [ask], isHome: false);
        Assert.False(rights.Read.Contains("a"));
        Assert.True(rights.Read.Contains("b"));
    }

    [Fact]
    public void Entries_of_other_collections_say_nothing()
    {
        var other = Deny("*", Operation.Read);
        other.Collection = "books";
        Assert.True(Compile([Allow("*", Operation.Read), other], [Ask("*", Operation.Read)]).Read.IsAll);
    }

    [Fact]
    public void Whatever_is_granted_and_asked_for_the_rights_are_what_the_contract_says()
    {
        var collection = Gen.OneOf("movies", "books");
        var operations = Gen.OneOf(OperationSets.Known.ToArray()).Array[1, 3];
        var members = Gen.OneOf("/a", "/b", "/~1", "/~0", "/", "/Release Date").Array[1, 3];
        var fields = Gen.OneOf(Gen.Const(new[] { "*" }), members, members);
        var asked = Gen.Select(collection, operations, fields, Gen.Bool, AskOf).Array[0, 4].Select(Of);
        var granted = Gen.Select(collection, operations, fields, Gen.Bool, Gen.Bool, GrantOf).Array[0, 5];
        Gen.Select(granted, asked, asked, Gen.Bool)
            .Sample(
                (access, quoted, present, isHome) =>
                {
                    var rights = Rights.Compile("movies", isHome, access, quoted, present, End);
                    foreach (var operation in OperationSets.Known)
                    {
                        var any = false;
                        foreach (var member in new[] { "a", "b", "/", "~", "", "Release Date", "never named" })
                        {
                            var expected = NaiveRights.Allows(
                                "movies",
                                isHome,
                                access,
                                [quoted, present],
                                operation,
                                member
                            );
                            any |= expected;
                            Assert.Equal(expected, Holds(rights, operation, member));
                        }
                        Assert.Equal(any, (rights.Operations & operation.Only()) != 0);
                    }
                },
                iter: 20_000
            );
    }

    private static bool Holds(Rights rights, Operation operation, string member) =>
        operation switch
        {
            Operation.Read => rights.Read.Contains(member),
            Operation.Create => rights.Create.Contains(member),
            Operation.Update => rights.Update.Contains(member),
            _ => (rights.Operations & operation.Only()) != 0,
        };

    private static Rights Compile(GrantedAccess[] access, RequestedAccess[] asked, bool isHome = true) =>
        Rights.Compile("movies", isHome, access, Of(asked), Of(asked), End);

    private static Manifest Of(params RequestedAccess[] asked)
    {
        var manifest = new Manifest();
        manifest.Access.Add(asked);
        return manifest;
    }

    private static RequestedAccess Ask(string field, params Operation[] operations) =>
        AskOf("movies", operations, [field], false);

    private static RequestedAccess AskOf(string collection, Operation[] operations, string[] fields, bool shared)
    {
        var asked = new RequestedAccess { Collection = collection, IncludeShared = shared };
        asked.Operations.Add(operations);
        asked.Fields.Add(operations.Any(Rights.HasMembers) ? fields : []);
        return asked;
    }

    private static GrantedAccess Allow(string field, params Operation[] operations) =>
        GrantOf("movies", operations, [field], true, false);

    private static GrantedAccess Deny(string field, params Operation[] operations) =>
        GrantOf("movies", operations, [field], false, false);

    private static GrantedAccess GrantOf(
        string collection,
        Operation[] operations,
        string[] fields,
        bool allows,
        bool shared
    )
    {
        var entry = new GrantedAccess
        {
            Collection = collection,
            Mode = allows ? AccessMode.Always : AccessMode.Never,
            IncludeShared = shared && allows,
        };
        entry.Operations.Add(operations);
        entry.Fields.Add(operations.Any(Rights.HasMembers) ? fields : []);
        return entry;
    }
}
