package gebm.notebooks;

import static gebm.notebooks.BrowserLab.until;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Level;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.remote.RemoteWebDriver;

/**
 * JupyterLab's page in headless Chromium. What a user does is done with mouse and keyboard; what is there is read from
 * the application's own objects, which know more, and change less between versions, than the page's elements.
 */
final class BrowserPage implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String FILES =
            "[...document.querySelectorAll('#filebrowser .jp-DirListing-item .jp-DirListing-itemText')]";
    private static final String PANEL = "const panel = window.jupyterapp.shell.currentWidget;";

    private final ChromeDriverService service;
    private final RemoteWebDriver driver; // Chromium's own class would look for a program that downloads drivers

    /** A cell as the page has it. */
    record Cell(boolean code, boolean done, String error, String text, long images) {}

    BrowserPage(Path chromium, Path chromedriver, Path folder) throws IOException {
        service = new ChromeDriverService.Builder()
                .usingDriverExecutable(chromedriver.toFile())
                .withLogFile(folder.resolve("chromedriver.log").toFile())
                .build();
        var logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        var options = new ChromeOptions()
                .setBinary(chromium.toFile())
                .addArguments(
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-dev-shm-usage",
                        "--disable-gpu",
                        "--window-size=1600,1200");
        options.setCapability("goog:loggingPrefs", logs);
        service.start();
        try {
            driver = new RemoteWebDriver(service.getUrl(), options);
        } catch (WebDriverException e) {
            service.stop();
            throw e;
        }
        driver.manage().timeouts().pageLoadTimeout(LIMIT).scriptTimeout(LIMIT);
    }

    void open(String address) {
        driver.get(address);
        until("JupyterLab has started", LIMIT, () -> script("return !!window.jupyterapp"));
        waiting("window.jupyterapp.restored.then(done)");
        until("the splash is gone", LIMIT, () -> elements("#jupyterlab-splash").isEmpty());
    }

    /** The names in the file browser, once {@code expected} is among them. */
    List<String> files(String expected) {
        return until("the file browser shows " + expected, LIMIT, () -> {
            var names = this.<List<String>>script("return " + FILES + ".map(item => item.innerText.trim())");
            return names.contains(expected) ? names : null;
        });
    }

    /** Double-clicks a folder in the file browser. */
    void openFolder(String name) {
        openFile(
                name,
                "return document.querySelector(" + "'#filebrowser .jp-BreadCrumbs').innerText.includes(arguments[0])");
    }

    /** Double-clicks a notebook in the file browser. */
    void openNotebook(String name) {
        openFile(name, PANEL + "return panel?.context?.path.endsWith(arguments[0])");
    }

    /** The list is drawn anew when it has been read again, so a double-click that meets this is repeated. */
    private void openFile(String name, String opened) {
        until(name + " is open", LIMIT, () -> {
            try {
                var item = this.<WebElement>script(
                        "return " + FILES + ".find(item => item.innerText.trim() === arguments[0])", name);
                if (item != null && item.isDisplayed()) {
                    new Actions(driver).doubleClick(item).perform();
                    until(name + " opens", Duration.ofSeconds(15), () -> script(opened, name));
                }
            } catch (WebDriverException | AssertionError e) {
                return false;
            }
            return script(opened, name);
        });
    }

    /** Waits until the notebook at {@code path} is shown and its kernel connected. */
    void showsNotebook(String path) {
        until(
                "the notebook " + path,
                LIMIT,
                () -> script(
                        PANEL + "return !!panel && panel.context?.path === arguments[0] && panel.context.isReady"
                                + " && panel.sessionContext.session?.kernel?.connectionStatus === 'connected'"
                                + " && !panel.sessionContext.pendingInput",
                        path));
    }

    /** The texts of dialogs and notifications. */
    List<String> prompts() {
        return script(
                "return [...document.querySelectorAll('.jp-Dialog, .Toastify__toast')].map(box => box.innerText)");
    }

    void menu(String title, String command) {
        var menu = this.<WebElement>script(
                "return [...document.querySelectorAll('.lm-MenuBar-item')].find(item => "
                        + "item.innerText.trim() === arguments[0])",
                title);
        Objects.requireNonNull(menu, title).click();
        shown(".lm-Menu-item[data-command='" + command + "']").click();
    }

    /** Clicks a button of the notebook's toolbar. */
    void toolbar(String command) {
        button(command).click();
    }

    private WebElement button(String command) {
        return shown(
                ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-NotebookPanel-toolbar [data-command='" + command + "']");
    }

    /** Clicks the stop button; the milliseconds from the click to the message that the kernel is idle. */
    double stop() {
        var button = button("notebook:interrupt-kernel");
        script(
                PANEL + "const kernel = panel.sessionContext.session.kernel; window.stopped = null;"
                        + "arguments[0].addEventListener('click', () => {"
                        + "  const began = performance.now();"
                        + "  const idle = (_, status) => {"
                        + "    if (status === 'idle') {"
                        + "      window.stopped = performance.now() - began; kernel.statusChanged.disconnect(idle);"
                        + "    }"
                        + "  };"
                        + "  kernel.statusChanged.connect(idle);"
                        + "}, {capture: true, once: true})",
                button);
        button.click();
        return until("the kernel is idle", LIMIT, () -> this.<Number>script("return window.stopped"))
                .doubleValue();
    }

    /** Presses the button that a dialog offers for going on. */
    void acceptDialog() {
        shown(".jp-Dialog .jp-mod-accept").click();
        until("the dialog is closed", LIMIT, () -> elements(".jp-Dialog").isEmpty());
    }

    /** Starts a cell as Ctrl-Enter does. */
    void start(int index) {
        select(index);
        script("window.jupyterapp.commands.execute('notebook:run-cell')");
    }

    /** Runs a cell to its end, good or bad. */
    Cell run(int index) {
        select(index);
        waiting("window.jupyterapp.commands.execute('notebook:run-cell').then(done, done)");
        return until("cell " + index + " is done", LIMIT, () -> {
            var cell = cells().get(index);
            return cell.done() ? cell : null;
        });
    }

    private void select(int index) {
        script(PANEL + "panel.content.deselectAll(); panel.content.activeCellIndex = arguments[0];", index);
    }

    List<Cell> cells() {
        var all = this.<List<Map<String, Object>>>script(PANEL
                + "const text = value => Array.isArray(value) ? value.join('') : value ?? '';"
                + "return panel.content.widgets.map(cell => {"
                + "  const code = cell.model.type === 'code';"
                + "  const outputs = code ? cell.model.outputs.toJSON() : [];"
                + "  return {"
                + "    code,"
                + "    done: !code || (cell.model.executionCount !== null && cell.model.executionState === 'idle'),"
                + "    error: outputs.filter(it => it.output_type === 'error').map(it => it.evalue).join(''),"
                + "    text: outputs.map(it => text(it.text ?? it.data?.['text/plain'])).join('\\n'),"
                + "    images: outputs.filter(it => it.data?.['image/png']).length"
                + "  };"
                + "})");
        return all.stream()
                .map(cell -> new Cell(
                        (boolean) cell.get("code"),
                        (boolean) cell.get("done"),
                        (String) cell.get("error"),
                        (String) cell.get("text"),
                        (long) cell.get("images")))
                .toList();
    }

    /** How many pictures of a cell are on the screen when one scrolls there. */
    long pictures(int index) {
        select(index);
        script(PANEL + "panel.content.activeCell.node.scrollIntoView()");
        return this.<Number>script(PANEL + "return [...panel.content.activeCell.node.querySelectorAll("
                        + "'.jp-OutputArea-output img')].filter(image => image.complete && image.naturalWidth > 0"
                        + " && image.getBoundingClientRect().width > 0).length")
                .longValue();
    }

    /** What the first picture of a cell looks like at this moment. */
    byte[] look(int index) {
        select(index);
        var image = this.<WebElement>script(PANEL + "const cell = panel.content.activeCell.node;"
                + "cell.scrollIntoView(); return cell.querySelector('.jp-OutputArea-output img')");
        return image.getScreenshotAs(OutputType.BYTES);
    }

    /** Types into a new cell at the end of the notebook, which is then being edited. */
    void typeIntoNewCell(String text) {
        select(cells().size() - 1);
        waiting("window.jupyterapp.commands.execute('notebook:insert-cell-below').then(done)");
        waiting("window.jupyterapp.commands.execute('notebook:enter-edit-mode').then(done)");
        until(
                "the new cell can be written to",
                LIMIT,
                () -> script(PANEL + "return !!panel.content.activeCell.editor?.hasFocus()"));
        press(text);
        until("the cell holds " + text, LIMIT, () -> source().startsWith(text));
    }

    /** The text of the cell that is being edited. */
    String source() {
        return script(PANEL + "return panel.content.activeCell.model.sharedModel.getSource()");
    }

    void press(CharSequence... keys) {
        new Actions(driver).sendKeys(keys).perform();
    }

    /** The names that the completer shows. */
    List<String> completions() {
        return script("return [...document.querySelectorAll("
                + "'.jp-Completer:not(.lm-mod-hidden) .jp-Completer-item .jp-Completer-match')]"
                + ".filter(item => item.getClientRects().length).map(item => item.innerText)");
    }

    private WebElement shown(String selector) {
        return until(selector + " is shown", LIMIT, () -> elements(selector).stream()
                .filter(WebElement::isDisplayed)
                .findFirst()
                .orElse(null));
    }

    private List<WebElement> elements(String selector) {
        return driver.findElements(By.cssSelector(selector));
    }

    @SuppressWarnings("unchecked")
    private <T> T script(String text, Object... arguments) {
        return (T) driver.executeScript(text, arguments);
    }

    /** Runs a script that calls {@code done} when it is. */
    private void waiting(String text) {
        driver.executeAsyncScript("const end = arguments[arguments.length - 1]; const done = () => end(); " + text);
    }

    /** Keeps what the page looks like and what it has written to its console. */
    void save(Path folder, String name) throws IOException {
        Files.write(folder.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
        var lines = driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .map(Object::toString)
                .toList();
        Files.write(folder.resolve(name + "-console.txt"), lines);
    }

    @Override
    public void close() {
        try {
            driver.quit();
        } finally {
            service.stop();
        }
    }
}
