package gebm.notebook;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A small table, as HTML in the colours of the page around it and as text in columns.
 *
 * @param title stands above; may be empty
 * @param columns their names; all empty: no header
 * @param numbers whether each column is of numbers, which stand at the right
 * @param rows one text for each column
 * @param note stands below; may be empty
 */
record Listing(String title, List<String> columns, List<Boolean> numbers, List<List<String>> rows, String note) {
    private static final int WHOLE = 20; // rows shown without a gap
    private static final int END = 8; // rows at each side of a gap

    /** Names and values, without a header. */
    static Listing ofPairs(String title, List<List<String>> rows) {
        return new Listing(title, List.of("", ""), List.of(false, false), rows, "");
    }

    /** Which of {@code n} rows are shown; −1 stands for those left out. */
    static List<Integer> shown(int n) {
        List<Integer> shown = new ArrayList<>();
        for (int row = 0; row < n; row++) {
            if (n <= WHOLE || row < END || row >= n - END) {
                shown.add(row);
            } else if (row == END) {
                shown.add(-1);
            }
        }
        return shown;
    }

    private boolean headed() {
        return columns.stream().anyMatch(name -> !name.isEmpty());
    }

    String html() {
        StringBuilder html = new StringBuilder("<table>");
        if (!title.isEmpty()) {
            html.append("<caption style=\"caption-side:top;text-align:left;color:inherit\"><b>" + escaped(title)
                    + "</b></caption>");
        }
        if (headed()) {
            html.append("<thead>" + row("th", columns) + "</thead>");
        }
        html.append("<tbody>");
        rows.forEach(row -> html.append(row("td", row)));
        html.append("</tbody></table>");
        if (!note.isEmpty()) {
            html.append("<p>" + escaped(note) + "</p>");
        }
        return html.toString();
    }

    private String row(String tag, List<String> cells) {
        StringBuilder row = new StringBuilder("<tr>");
        for (int c = 0; c < cells.size(); c++) {
            String style = numbers.get(c) ? "text-align:right;font-variant-numeric:tabular-nums" : "text-align:left";
            String text = escaped(cells.get(c)).replace("\n", "<br>");
            row.append(String.format("<%1$s style=\"%2$s\">%3$s</%1$s>", tag, style, text));
        }
        return row.append("</tr>").toString();
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    String text() {
        List<List<String>> all = new ArrayList<>(headed() ? List.of(columns) : List.of());
        all.addAll(rows);
        List<Integer> widths = new ArrayList<>(Collections.nCopies(columns.size(), 0));
        for (List<String> row : all) {
            for (int c = 0; c < row.size(); c++) {
                for (String line : row.get(c).split("\n", -1)) {
                    widths.set(c, Math.max(widths.get(c), line.length()));
                }
            }
        }
        StringBuilder text = new StringBuilder(title);
        for (List<String> row : all) {
            append(text, row, widths);
        }
        return (note.isEmpty() ? text : text.append('\n').append(note))
                .toString()
                .strip();
    }

    private void append(StringBuilder text, List<String> row, List<Integer> widths) {
        int lines =
                row.stream().mapToInt(cell -> cell.split("\n", -1).length).max().orElse(1);
        for (int l = 0; l < lines; l++) {
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < row.size(); c++) {
                String[] parts = row.get(c).split("\n", -1);
                String part = l < parts.length ? parts[l].strip() : "";
                String space = " ".repeat(Math.max(0, widths.get(c) - part.length()));
                line.append(c == 0 ? "" : "  ").append(numbers.get(c) ? space + part : part + space);
            }
            text.append('\n').append(line.toString().stripTrailing());
        }
    }
}
