namespace Vibe.Storage;

/// <summary>Where the data is.</summary>
public sealed class StorageOptions
{
    /// <summary>The section of the configuration that holds these options.</summary>
    public const string Section = "Vibe:Storage";

    /// <summary>
    /// The connection string of a PostgreSQL database (15 or newer). Without one the data is in SQLite, in
    /// <see cref="Folder"/>.
    /// </summary>
    public string? Postgres { get; set; }

    /// <summary>The data folder: the SQLite database, its backups, and the master key file unless that is elsewhere.</summary>
    public string Folder { get; set; } = ".vibe";

    /// <summary>The file of the key that wraps all others; replicas of one database share it.</summary>
    public string? MasterKeyFile { get; set; }

    /// <summary>The master key file, wherever it was put.</summary>
    public string MasterKeyPath => MasterKeyFile ?? Path.Combine(Folder, "master.key");

    /// <summary>The SQLite database.</summary>
    public string SqlitePath => Path.Combine(Folder, "vibe.db");
}
