using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Vibe.Storage.Postgres.Migrations
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
                type: "text",
                nullable: false,
                defaultValue: "",
                collation: "C");
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
