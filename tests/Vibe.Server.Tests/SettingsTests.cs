using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Vibe.Server;
using Xunit;

namespace Vibe.Server.Tests;

/// <summary>How a server comes by its settings.</summary>
public sealed class SettingsTests
{
    [Fact]
    public void Files_of_settings_are_read_once_and_not_watched()
    {
        var options = new WebApplicationOptions
        {
            Args = ["--Vibe:Some=thing"],
            ContentRootPath = AppContext.BaseDirectory,
        };

        var builder = VibeHost.CreateBuilder(options);

        Assert.Equal("thing", builder.Configuration["Vibe:Some"]);
        var files = ((IConfigurationBuilder)builder.Configuration).Sources.OfType<FileConfigurationSource>().ToList();
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.False(file.ReloadOnChange));
    }
}
