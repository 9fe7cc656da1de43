using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Vibe.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class GrantMarks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "mark",
                table: "grants",
                type: "TEXT",
                nullable: false,
                defaultValue: "");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "mark",
                table: "grants");
        }
    }
}
