using Vibe.Access.V1;
using Vibe.Cli.Running;
using Vibe.Consent.V1;

namespace Vibe.Cli.Grants;

/// <summary>What a grant allows, as people write it at the command line.</summary>
internal static class AccessText
{
    public static IReadOnlyList<Operation> Operations(string text) => [.. Split(text).Select(Operation).Distinct()];

    /// <summary>Reads names of members; <c>*</c> stands for all, and what begins with a slash is a JSON Pointer already.</summary>
    public static IReadOnlyList<string> Fields(string text) =>
        [.. Split(text).Select(name => name is "*" || name[0] == '/' ? name : Pointer(name)).Distinct()];

    public static bool HasMembers(IEnumerable<Operation> operations) =>
        operations.Any(operation =>
            operation
                is Vibe.Access.V1.Operation.Read
                    or Vibe.Access.V1.Operation.Create
                    or Vibe.Access.V1.Operation.Update
        );

    public static string Show(GrantedAccess access) =>
        (access.Mode == AccessMode.Never ? "never " : "")
        + $"{access.Collection}: {string.Join(",", access.Operations).ToLowerInvariant()}"
        + (access.Fields.Count == 0 ? "" : $" of {string.Join(",", access.Fields.Select(Name))}")
        + (access.IncludeShared ? ", shared ones too" : "");

    private static string Name(string pointer) =>
        pointer is ['/', .. var name] ? name.Replace("~1", "/").Replace("~0", "~") : pointer;

    private static string Pointer(string name) => "/" + name.Replace("~", "~0").Replace("/", "~1");

    private static string[] Split(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static Operation Operation(string name) =>
        Enum.TryParse<Operation>(name, ignoreCase: true, out var operation) && operation > 0 && !char.IsDigit(name[0])
            ? operation
            : throw CommandException.Usage(
                $"There is no operation '{name}'; there are read, create, update, delete and share."
            );
}
