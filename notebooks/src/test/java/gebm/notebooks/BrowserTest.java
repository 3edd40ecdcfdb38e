package gebm.notebooks;

import static gebm.notebooks.BrowserLab.until;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonParser;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.parallel.Isolated;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebDriverException;

/**
 * What a user of JupyterLab does, in a real browser: opens a notebook, runs it, stops, restarts, completes a name.
 *
 * <p>Needs Chromium and its driver, from the path or from the properties {@code webdriver.chrome.binary} and
 * {@code webdriver.chrome.driver}; nothing is downloaded for it but JupyterLab itself. Without them it is skipped,
 * unless the environment variable {@code GEBM_BROWSER} is {@code required}. The tests share one server and one page, in
 * order. After each, {@code target/browser} holds a picture of the page and its console.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "on Windows the notebooks run in WSL")
@Isolated("it looks at the computing time of a kernel")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BrowserTest {
    private static final Path FOLDER = Runner.TARGET.resolve("browser"); // below the folder that JupyterLab shows
    private static final String QUICKSTART = "00-quickstart.ipynb";
    private static final String LONG = "long.ipynb";
    private static final Duration LIMIT = Duration.ofMinutes(5); // for what takes 20 s on an idle machine

    /** The quickstart's networks, in runs that last for hours. */
    private static final List<String> LONG_CELLS = List.of(
            """
            import ai.djl.ndarray.NDManager;
            import ai.djl.ndarray.types.Shape;
            import gebm.core.*;
            import gebm.data.*;
            import gebm.model.*;
            import gebm.nn.*;
            import gebm.notebook.*;
            import gebm.objective.*;
            import gebm.sampler.*;
            import gebm.train.*;""",
            """
            var scope = NDManager.newBaseManager();
            var rng = Rng.of(7);
            var data = DataSource.of(rng.fork("data").uniform(scope, new Shape(5_000, 784)));
            var prior = DensityBase.standardNormal(32);
            var base = LatentBase.pushForward(prior, Mlp.of(32, 256, 256, 784), rng.fork("base"));
            var energy = Energy.neural(Mlp.of(784, 256, 256, 1), new Shape(784), rng.fork("energy"));
            var plan = TrainingPlan.of(10_000_000).withEnergySteps(i -> 3).withBatchSize(64)
                    .withOptimizers(Adam.of(1e-5)).withProgress(ProgressBar.of("training"));
            var energyLoss = Kale.energyLoss().plus(0.3, Penalties.gradient());
            var trainer = Trainer.alternating(energyLoss, Kale.baseLoss(), plan);""",
            "var run = trainer.fit(Gebm.of(base, energy), data, rng.fork(\"train\"));",
            "run.stop()",
            """
            var start = prior.sample(scope, 2_000, rng.fork("start"));
            var chains = new Langevin(Schedule.constant(1e-4)).run(run.model().latentEnergy(1), start,
                    SamplingPlan.of(10_000_000).withProgress(ProgressBar.of("sampling")), rng.fork("chains"));""",
            "chains.stop()",
            """
            var points = rng.fork("points").normal(scope, new Shape(20, 5, 2));
            gebm.plot.Plane.of("still").withPaths("chains", points)""",
            "gebm.plot.Plane.of(\"moving\").walk(\"chains\", points, 20)");

    private static final int IMPORTS = 0;
    private static final int SETTINGS = 1;
    private static final int TRAIN = 2;
    private static final int TRAINED = 3;
    private static final int SAMPLE = 4;
    private static final int SAMPLED = 5;
    private static final int STILL = 6;
    private static final int MOVING = 7;

    private String missing; // what the machine lacks
    private BrowserLab lab;
    private BrowserPage page;

    @BeforeAll
    void start() throws IOException {
        var chromium = find("webdriver.chrome.binary", "chromium", "chromium-browser", "google-chrome");
        var driver = find("webdriver.chrome.driver", "chromedriver");
        if (chromium == null || driver == null) {
            skip("needs Chromium and its driver: found " + chromium + " and " + driver
                    + " (Debian: apt-get install chromium chromium-driver)");
            return;
        }
        delete(FOLDER);
        Files.createDirectories(FOLDER);
        Files.copy(Runner.FOLDER.resolve(QUICKSTART), FOLDER.resolve(QUICKSTART)); // JupyterLab saves what it has run
        Files.writeString(FOLDER.resolve(LONG), notebook(LONG_CELLS));
        try {
            page = new BrowserPage(chromium, driver, FOLDER);
        } catch (WebDriverException e) {
            skip("needs Chromium and its driver: " + chromium + " with " + driver + " says " + e.getRawMessage());
            return;
        }
        try {
            lab = new BrowserLab(FOLDER);
        } catch (BrowserLab.Missing e) {
            skip("needs JupyterLab: " + e.getMessage());
            return;
        }
        page.open(lab.page());
    }

    private void skip(String reason) {
        if ("required".equals(System.getenv("GEBM_BROWSER"))) {
            Assertions.fail(reason);
        }
        missing = reason;
    }

    /** Here and not before all of them: Maven reports a skipped test and its reason, but nothing of a skipped class. */
    @BeforeEach
    void needsABrowser() {
        Assumptions.assumeTrue(missing == null, missing);
    }

    private static Path find(String property, String... names) {
        var given = System.getProperty(property);
        if (given != null) {
            return Files.isExecutable(Path.of(given)) ? Path.of(given) : null;
        }
        var folders = Objects.requireNonNullElse(System.getenv("PATH"), "").split(Pattern.quote(File.pathSeparator));
        return Arrays.stream(names)
                .flatMap(name -> Arrays.stream(folders).map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }

    private static String notebook(List<String> sources) {
        var cells = sources.stream()
                .map(source -> Map.of(
                        "cell_type",
                        "code",
                        "id",
                        "cell-" + sources.indexOf(source),
                        "metadata",
                        Map.of(),
                        "outputs",
                        List.of(),
                        "source",
                        source))
                .toList();
        var kernel = Map.of("display_name", "Java", "language", "java", "name", "java");
        return new Gson()
                .toJson(Map.of(
                        "cells", cells, "metadata", Map.of("kernelspec", kernel), "nbformat", 4, "nbformat_minor", 5));
    }

    @AfterEach
    void save(TestInfo test) throws IOException {
        if (missing == null) {
            page.save(FOLDER, test.getTestMethod().orElseThrow().getName());
        }
    }

    @AfterAll
    void end() {
        if (page != null) {
            page.close();
        }
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    @Order(1)
    void opensANotebookWithoutAskingAnything() {
        var notebooks = Runner.notebooks().stream()
                .map(path -> path.getFileName().toString())
                .toList();
        assertThat(page.files("target")).containsAll(notebooks);
        page.openFolder("target");
        page.openFolder("browser");
        open(QUICKSTART);
        assertThat(page.prompts()).isEmpty();
    }

    private String open(String notebook) {
        page.openNotebook(notebook);
        var path = "target/browser/" + notebook;
        page.showsNotebook(path);
        return lab.kernel(path);
    }

    @Test
    @Order(2)
    void runsAllCellsAndShowsThePictures() throws IOException {
        page.menu("Run", "runmenu:run-all");
        until("every cell has run", LIMIT, () -> {
            assertThat(page.cells()).extracting(BrowserPage.Cell::error).containsOnly("");
            return page.cells().stream().allMatch(BrowserPage.Cell::done);
        });
        assertThat(lab.state(lab.kernel("target/browser/" + QUICKSTART))).isEqualTo("idle");
        var kept = keptPictures();
        assertThat(kept.stream().mapToLong(n -> n).sum()).isPositive();
        assertThat(page.cells()).extracting(BrowserPage.Cell::images).isEqualTo(kept);
        for (int i = 0; i < kept.size(); i++) {
            int cell = i;
            until(kept.get(i) + " pictures in cell " + i, LIMIT, () -> page.pictures(cell) == kept.get(cell));
        }
        assertThat(page.prompts()).isEmpty();
    }

    /** How many pictures each cell of the quickstart has in the repository. */
    private static List<Long> keptPictures() throws IOException {
        var notebook = JsonParser.parseString(Files.readString(Runner.FOLDER.resolve(QUICKSTART)));
        var counts = new ArrayList<Long>();
        for (var cell : notebook.getAsJsonObject().getAsJsonArray("cells")) {
            var outputs = cell.getAsJsonObject().getAsJsonArray("outputs");
            counts.add(
                    outputs == null
                            ? 0
                            : StreamSupport.stream(outputs.spliterator(), false)
                                    .map(output -> output.getAsJsonObject().getAsJsonObject("data"))
                                    .filter(data -> data != null && data.has("image/png"))
                                    .count());
        }
        return counts;
    }

    @Test
    @Order(3)
    void stopsATraining() {
        var kernel = open(LONG);
        assertThat(page.run(IMPORTS).error()).isEmpty();
        assertThat(page.run(SETTINGS).error()).isEmpty();
        stops(kernel, TRAIN, TRAINED);
    }

    @Test
    @Order(4)
    void stopsASampling() {
        stops(lab.kernel("target/browser/" + LONG), SAMPLE, SAMPLED);
    }

    /** Stops the long {@code cell}; the next one shows that what was reached is there, and nothing goes on unseen. */
    private void stops(String kernel, int cell, int next) {
        var java = startLong(kernel, cell);
        until("the run takes computing time", LIMIT, () -> computing(java) > 0.3);
        double milliseconds = page.stop();
        System.out.printf("JupyterLab: cell %d stopped after %.0f ms%n", cell, milliseconds);
        assertThat(milliseconds).as("0.2 s on an idle machine").isLessThan(5_000);
        until("the server knows that too", Duration.ofSeconds(10), () -> lab.state(kernel)
                .equals("idle"));
        assertThat(page.cells().get(cell).error()).contains("interrupted");
        // the kernel is free before the interrupted call has returned what it reached
        until("no computing goes on", Duration.ofSeconds(30), () -> computing(java) < 0.05);
        var after = page.run(next);
        assertThat(after.error()).isEmpty();
        assertThat(after.text()).matches("Stopped\\[iterations=[1-9]\\d*]");
    }

    /** Starts a cell that runs for hours and waits until its progress bar has moved. */
    private ProcessHandle startLong(String kernel, int cell) {
        page.start(cell);
        until("the kernel is busy", LIMIT, () -> lab.state(kernel).equals("busy"));
        until("some steps are done", LIMIT, () -> {
            var now = page.cells().get(cell);
            assertThat(now.error()).isEmpty();
            return Pattern.compile(" [1-9][\\d,]*/10,000,000")
                    .matcher(now.text())
                    .find();
        });
        return lab.java(kernel).orElseThrow();
    }

    /** How many cores the process keeps busy, over two seconds. */
    private static double computing(ProcessHandle process) {
        var before = process.info().totalCpuDuration().orElseThrow();
        long began = System.nanoTime();
        BrowserLab.pause(2_000);
        var spent = process.info().totalCpuDuration().orElseThrow().minus(before);
        return (double) spent.toNanos() / (System.nanoTime() - began);
    }

    @Test
    @Order(5)
    void restartsTheKernelInTheMiddleOfATraining() {
        var kernel = lab.kernel("target/browser/" + LONG);
        var old = startLong(kernel, TRAIN);
        page.toolbar("notebook:restart-kernel");
        page.acceptDialog();
        until("the old process has ended", LIMIT, () -> !old.isAlive());
        until("there is a new one", LIMIT, () -> lab.java(kernel).isPresent());
        page.showsNotebook("target/browser/" + LONG);
        assertThat(page.run(TRAINED).error())
                .as("nothing is left of what there was")
                .contains("run");
        assertThat(page.run(IMPORTS).error()).isEmpty();
        assertThat(page.run(SETTINGS).error()).isEmpty();
    }

    /** Frames are shown for a tenth of a second each. */
    @Test
    @Order(6)
    void playsAnAnimation() {
        for (int cell : new int[] {STILL, MOVING}) {
            assertThat(page.run(cell).error()).isEmpty();
            until("there is a picture", LIMIT, () -> page.pictures(cell) == 1);
        }
        var still = page.look(STILL);
        for (int i = 0; i < 5; i++) {
            BrowserLab.pause(100);
            assertThat(page.look(STILL)).isEqualTo(still);
        }
        var first = page.look(MOVING);
        until("the picture has moved", Duration.ofSeconds(10), () -> !Arrays.equals(page.look(MOVING), first));
    }

    @Test
    @Order(7)
    void completesNames() {
        completes("Trainer.", "alternating", "energyOnly");
        completes("trainer.", "fit", "resume");
        page.press("fi", Keys.ENTER);
        until("the name is completed", LIMIT, () -> page.source().startsWith("trainer.fit"));
    }

    private void completes(String text, String... names) {
        page.typeIntoNewCell(text);
        page.press(Keys.TAB);
        until("the completer offers " + Arrays.toString(names), LIMIT, () -> {
            var shown = page.completions().stream()
                    .map(item -> item.replaceAll("\\(.*", "").strip())
                    .toList();
            return shown.containsAll(List.of(names));
        });
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (var path : all.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(path);
            }
        }
    }
}
