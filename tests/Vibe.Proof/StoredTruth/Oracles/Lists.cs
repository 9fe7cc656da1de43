using Vibe.Access.V1;

namespace Vibe.Proof.StoredTruth.Oracles;

/// <summary>Access lists in a form in which equal ones are equal: a line for each person, with what is allowed and denied.</summary>
internal static class Lists
{
    private static readonly Operation[] Known = [Operation.Read, Operation.Update, Operation.Delete, Operation.Share];

    public static string Text(Acl? acl)
    {
        if (acl is null)
            return "";
        var people = acl
            .Allow.Concat(acl.Deny)
            .SelectMany(rule => rule.People)
            .Distinct()
            .Order(StringComparer.Ordinal);
        return string.Join('\n', people.Select(person => $"{person} +{Of(acl.Allow, person)} -{Of(acl.Deny, person)}"));
    }

    /// <summary>Whether a list allows a person an operation. Denying wins.</summary>
    public static bool Allow(string text, string person, Operation operation)
    {
        var line = text.Split('\n').FirstOrDefault(line => line.StartsWith($"{person} ", StringComparison.Ordinal));
        return line?.Split(' ') is [_, var allowed, var denied]
            && allowed.Contains($"{operation}", StringComparison.Ordinal)
            && !denied.Contains($"{operation}", StringComparison.Ordinal);
    }

    private static string Of(IEnumerable<AclRule> rules, string person) =>
        string.Join(
            '+',
            Known.Where(known => rules.Any(rule => rule.People.Contains(person) && rule.Operations.Contains(known)))
        );
}
