using Google.Protobuf.Reflection;
using Vibe.Access.V1;

namespace Vibe.Consent.Policy;

/// <summary>Some of the operations on documents, as bits.</summary>
[Flags]
public enum Operations
{
    /// <summary>No operation.</summary>
    None = 0,

    /// <summary>Reads documents.</summary>
    Read = 1 << Operation.Read,

    /// <summary>Adds documents.</summary>
    Create = 1 << Operation.Create,

    /// <summary>Changes members of documents.</summary>
    Update = 1 << Operation.Update,

    /// <summary>Deletes documents.</summary>
    Delete = 1 << Operation.Delete,

    /// <summary>Reads and replaces access lists.</summary>
    Share = 1 << Operation.Share,
}

/// <summary>Goes from the operations of the contract to sets of them and back.</summary>
public static class OperationSets
{
    private static readonly EnumDescriptor Descriptor = AccessReflection.Descriptor.EnumTypes.Single(type =>
        type.ClrType == typeof(Operation)
    );

    /// <summary>The operations that the contract knows, in its order.</summary>
    public static IReadOnlyList<Operation> Known { get; } =
    [Operation.Read, Operation.Create, Operation.Update, Operation.Delete, Operation.Share];

    /// <summary>The set that holds one operation.</summary>
    public static Operations Only(this Operation operation) => (Operations)(1 << (int)operation);

    /// <summary>The set that holds all that are listed.</summary>
    public static Operations Union(this IEnumerable<Operation> operations) =>
        operations.Aggregate(Operations.None, (set, operation) => set | operation.Only());

    /// <summary>Lists a set in the order of the contract.</summary>
    public static IEnumerable<Operation> List(this Operations set) =>
        Known.Where(operation => (set & operation.Only()) != 0);

    /// <summary>The name of an operation in the contract, as errors carry it.</summary>
    public static string NameOf(Operation operation) => Descriptor.FindValueByNumber((int)operation).Name;
}
