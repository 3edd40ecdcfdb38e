package gebm.notebook;

import ai.djl.ndarray.NDArray;
import gebm.core.Errors;
import gebm.plot.Picture;
import gebm.plot.Plots;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dflib.jjava.jupyter.Extension;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.RenderContext;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;
import org.knowm.xchart.internal.chartpart.IChart;
import tech.tablesaw.api.Table;

/**
 * Installs itself in the JJava kernel: charts, pictures, tables and arrays are shown as what they are.
 *
 * <p>Found by the kernel through {@code META-INF/services}; users never call it. XChart charts and {@link Picture}s
 * become PNG of two pixels for each shown one, a {@link BufferedImage} is shown at its own size, a Tablesaw table as an
 * HTML table of at most 50 rows, an {@link NDArray} and Java's number arrays as text. It prints nothing, and a part
 * whose library is missing leaves the others working.
 */
public final class NotebookExtension implements Extension {
    private static final MIMEType PNG = MIMEType.parse("image/png");
    private static final int ROWS = 50;
    private static final int NUMBERS = 20;

    /** Called by the kernel when it finds this library. */
    public NotebookExtension() {}

    @Override
    public void install(BaseKernel kernel) {
        Renderer renderer = kernel.getRenderer();
        Screen.attach(new KernelScreen(kernel));
        Errors.inNotebook(true);
        present(() -> Charts.register(renderer));
        present(() -> Tables.register(renderer));
        present(() -> EngineArrays.register(renderer));
        present(() -> JavaArrays.register(renderer));
    }

    @Override
    public void uninstall(BaseKernel kernel) {
        Screen.attach(null);
        Errors.inNotebook(false);
    }

    /** Registers a renderer whose library may be absent: an exception out of install would end the kernel. */
    private static void present(Runnable registration) {
        try {
            registration.run();
        } catch (LinkageError | RuntimeException absent) {
            return;
        }
    }

    private record KernelScreen(BaseKernel kernel) implements Screen.Sink {
        @Override
        public void show(String id, Map<String, Object> data) {
            kernel.display(display(id, data));
        }

        @Override
        public void update(String id, Map<String, Object> data) {
            kernel.getIO().display.updateDisplay(id, display(id, data));
        }

        private static DisplayData display(String id, Map<String, Object> data) {
            DisplayData display = new DisplayData();
            data.forEach((type, value) -> display.putData(type, value));
            display.putTransientData("display_id", id);
            return display;
        }
    }

    private static final class Charts {
        static void register(Renderer renderer) {
            renderer.createRegistration(IChart.class).preferring(PNG).register((chart, context) -> {
                Picture picture = Plots.image(chart);
                String title = chart.getTitle().isEmpty() ? "" : " \"" + chart.getTitle() + "\"";
                String text = chart.getClass().getSimpleName() + title;
                show(context, text, picture.png(), picture.width(), picture.height());
            });
            renderer.createRegistration(Picture.class)
                    .preferring(PNG)
                    .register((picture, context) ->
                            show(context, picture.toString(), picture.png(), picture.width(), picture.height()));
            renderer.createRegistration(BufferedImage.class).preferring(PNG).register((image, context) -> {
                Picture picture = new Picture(image, image.getWidth(), image.getHeight());
                show(
                        context,
                        "Image " + picture.width() + "x" + picture.height(),
                        picture.png(),
                        picture.width(),
                        picture.height());
            });
        }

        private static void show(RenderContext context, String text, byte[] png, int width, int height) {
            DisplayData out = context.getOutputContainer();
            out.putData(PNG, Base64.getEncoder().encodeToString(png));
            out.putMetaData(PNG, Map.of("width", width, "height", height));
            out.putText(text);
        }
    }

    private static final class Tables {
        static void register(Renderer renderer) {
            renderer.createRegistration(Table.class)
                    .preferring(MIMEType.TEXT_HTML)
                    .register((table, context) -> {
                        context.getOutputContainer().putHTML(html(table));
                        context.getOutputContainer().putText(table.print(ROWS));
                    });
        }

        private static String html(Table table) {
            StringBuilder html = new StringBuilder("<table>");
            if (table.name() != null) {
                html.append("<caption>").append(escaped(table.name())).append("</caption>");
            }
            html.append("<thead><tr>");
            table.columnNames().forEach(name -> cell(html, "th", name));
            html.append("</tr></thead><tbody>");
            for (int row = 0; row < Math.min(ROWS, table.rowCount()); row++) {
                html.append("<tr>");
                for (int column = 0; column < table.columnCount(); column++) {
                    cell(html, "td", table.getString(row, column));
                }
                html.append("</tr>");
            }
            html.append("</tbody></table>");
            if (table.rowCount() > ROWS) {
                html.append("<p>")
                        .append(ROWS)
                        .append(" of ")
                        .append(table.rowCount())
                        .append(" rows</p>");
            }
            return html.toString();
        }

        private static void cell(StringBuilder html, String tag, String text) {
            html.append('<')
                    .append(tag)
                    .append('>')
                    .append(escaped(text))
                    .append("</")
                    .append(tag)
                    .append('>');
        }

        private static String escaped(String text) {
            return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        }
    }

    private static final class EngineArrays {
        static void register(Renderer renderer) {
            renderer.createRegistration(NDArray.class).register((array, context) -> context.getOutputContainer()
                    .putText(array.toDebugString(1_000, 10, 10, 20, true)
                            .replaceFirst("^ND: ", "")
                            .strip()));
        }
    }

    /** Java prints an array as a number that differs in every run; these are its first values. */
    private static final class JavaArrays {
        static void register(Renderer renderer) {
            renderer.createRegistration(double[].class)
                    .register((values, context) ->
                            show(context, values.length, Arrays.stream(values).mapToObj(Double::toString)));
            renderer.createRegistration(int[].class)
                    .register((values, context) ->
                            show(context, values.length, Arrays.stream(values).mapToObj(Integer::toString)));
            renderer.createRegistration(long[].class)
                    .register((values, context) ->
                            show(context, values.length, Arrays.stream(values).mapToObj(Long::toString)));
        }

        private static void show(RenderContext context, int length, Stream<String> values) {
            String rest = length > NUMBERS ? ", … (" + length + ")]" : "]";
            context.getOutputContainer().putText(values.limit(NUMBERS).collect(Collectors.joining(", ", "[", rest)));
        }
    }
}
