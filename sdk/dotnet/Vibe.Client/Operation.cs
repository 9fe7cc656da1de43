namespace Vibe.Client;

/// <summary>What can be done to documents. No operation implies another one. A newer server may name more.</summary>
public enum Operation
{
    /// <summary>Reads documents.</summary>
    Read = 1,

    /// <summary>Adds documents. Access lists of documents refuse it.</summary>
    Create = 2,

    /// <summary>Changes members of documents that exist.</summary>
    Update = 3,

    /// <summary>Deletes whole documents.</summary>
    Delete = 4,

    /// <summary>Reads and replaces access lists.</summary>
    Share = 5,
}
