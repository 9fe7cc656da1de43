using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;

namespace Vibe.Hosting;

/// <summary>
/// Reads settings before anything rests on them. A setting that is misspelt, unreadable or out of its bounds keeps the
/// server from starting: passed over in silence, it would let an operator believe in a limit that does not hold.
/// </summary>
public static class Settings
{
    /// <summary>Reads a section; what it does not set keeps its default.</summary>
    /// <exception cref="StartupException">A setting is unknown, unreadable or out of its bounds; the text names it.</exception>
    public static T ReadSettings<T>(this IConfiguration configuration, string name)
        where T : class, new()
    {
        var section = configuration.GetSection(name);
        var known = typeof(T).GetProperties().Where(property => property.SetMethod is not null).ToList();
        foreach (var child in section.GetChildren())
            if (!known.Exists(property => property.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase)))
                throw new StartupException(
                    $"There is no setting '{name}:{child.Key}'; known are {string.Join(", ", known.Select(p => p.Name))}."
                );
        var settings = Bound<T>(section);
        var problems = new List<ValidationResult>();
        if (!Validator.TryValidateObject(settings, new ValidationContext(settings), problems, true))
            throw new StartupException($"A setting of '{name}' cannot hold: {problems[0].ErrorMessage}");
        return settings;
    }

    private static T Bound<T>(IConfigurationSection section)
        where T : class, new()
    {
        try
        {
            return section.Get<T>() ?? new T();
        }
        catch (InvalidOperationException exception)
        {
            throw new StartupException(exception.Message, exception);
        }
    }
}
