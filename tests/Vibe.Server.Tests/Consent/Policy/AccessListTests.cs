using Vibe.Access.V1;
using Vibe.Consent.Policy;
using Vibe.Hosting.Access;
using Vibe.Storage.Spaces;

namespace Vibe.Server.Tests.Consent.Policy;

public sealed class AccessListTests
{
    private const int Lists = 1_000_000;
    private static readonly string[] People = ["did:vibe:ann", "did:vibe:ben", "did:vibe:cat"];
    private static readonly Operation[] Known = [Operation.Read, Operation.Update, Operation.Delete, Operation.Share];

    [Fact]
    public void Denying_beats_every_allowing_in_a_million_random_lists()
    {
        var space = new SpaceName("owner");
        Parallel.For(
            0,
            Environment.ProcessorCount,
            worker =>
            {
                var random = new Random(20261124 + worker);
                for (var i = worker; i < Lists; i += Environment.ProcessorCount)
                {
                    var acl = Random(random);
                    var list = AccessList.FromWire(acl, space);
                    if (i % 10 == 0)
                        list = AccessList.FromStored(list.Bytes);
                    foreach (var person in People)
                    foreach (var operation in Known)
                    {
                        var allowed = (list.Allowed(person) & operation.Only()) != 0;
                        if (allowed != Naive(acl, person, operation))
                            Assert.Fail($"{operation} of {person} is {allowed} by {acl}");
                    }
                }
            }
        );
    }

    private static bool Naive(Acl acl, string person, Operation operation)
    {
        bool Names(AclRule rule) => rule.People.Contains(person) && rule.Operations.Contains(operation);
        return !acl.Deny.Any(Names) && acl.Allow.Any(Names);
    }

    private static Acl Random(Random random)
    {
        var acl = new Acl();
        for (var i = random.Next(3); i >= 0; i--)
            acl.Allow.Add(Rule(random));
        for (var i = random.Next(3); i > 0; i--)
            acl.Deny.Add(Rule(random));
        return acl;
    }

    private static AclRule Rule(Random random)
    {
        var rule = new AclRule();
        rule.People.Add(People.Skip(random.Next(People.Length)).Take(1 + random.Next(2)));
        rule.Operations.Add(Known.Skip(random.Next(Known.Length)).Take(1 + random.Next(3)));
        return rule;
    }
}
