package gebm.trace.file;

import gebm.core.Errors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A network in a file of Python's, which can become a part of a program's file: {@code gebm.trace.TorchScript} runs it. */
public final class NetworkFile {
    private static final String ADVICE =
            "write one in Python by torch.jit.script(module.eval()).save(path) or torch.jit.trace(module, "
                    + "example).save(path); a file of weights alone (torch.save, state_dict) has no network";
    private static final Pattern FORWARD = Pattern.compile("def forward\\(self: [\\w.]+,?(.*?)\\) -> ([^:]+):", 32);
    private static final Pattern DRAW = Pattern.compile("torch\\.((?:rand|randn|randint|randperm)(?:_like)?|normal_?"
            + "|uniform_|bernoulli_?|multinomial|poisson|exponential_|_standard_gamma|rrelu)\\(");
    private static final Pattern IN_PLACE = Pattern.compile("torch\\.\\w+_\\(");
    private static final Pattern MODE = Pattern.compile("\\bself(?:\\.\\w+)*\\.training\\b");
    private static final Pattern CONSTANT = Pattern.compile("\\bCONSTANTS\\.c(\\d+)");
    private static final String NAMES = "__torch__.";
    private static final int NEWEST = 10; // the version of files that libtorch 2.7 reads

    private final Path file;
    private final Map<String, String> code = new TreeMap<>(); // by path below code/__torch__
    private final Map<String, byte[]> numbers = new TreeMap<>(); // data/KEY and constants/KEY
    private final Pickle.Instance root;
    private final List<Object> constants;
    private final boolean changesArgument;

    private NetworkFile(Path file, Map<String, byte[]> entries) throws IOException {
        this.file = file;
        entries.forEach((name, content) -> {
            if (name.startsWith("code/__torch__") && name.endsWith(".py")) {
                code.put(
                        name.substring("code/__torch__".length()),
                        MODE.matcher(new String(content, StandardCharsets.UTF_8))
                                .replaceAll("False"));
            } else if (name.startsWith("data/") || name.startsWith("constants/")) {
                numbers.put(name, content);
            }
        });
        if (code.isEmpty() || !entries.containsKey("data.pkl") || !entries.containsKey("constants.pkl")) {
            throw new IOException("it has no code");
        }
        if (!(Pickle.read(entries.get("data.pkl")) instanceof Pickle.Instance instance)
                || !(Pickle.read(entries.get("constants.pkl")) instanceof Pickle.Tuple tuple)) {
            throw new IOException("it holds no module");
        }
        root = instance;
        constants = tuple.items();
        changesArgument =
                code.values().stream().anyMatch(text -> IN_PLACE.matcher(text).find());
        checkVersion(entries.get("version"));
        checkForward();
        checkDraws();
    }

    /**
     * The network in {@code file}.
     *
     * @throws IllegalArgumentException if the file is missing, damaged or no TorchScript; if its {@code forward} does not
     *     take and give one tensor; or if it draws random numbers
     */
    public static NetworkFile load(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw Errors.shown(new IllegalArgumentException("there is no file " + file.toAbsolutePath()));
            }
            return new NetworkFile(file, Archive.entries(file));
        } catch (IOException e) {
            throw Errors.shown(new IllegalArgumentException(
                    file + " is no TorchScript file, or a damaged one (" + e.getMessage() + "): " + ADVICE, e));
        }
    }

    private void checkVersion(byte[] version) throws IOException {
        String text = version == null ? "none" : new String(version, StandardCharsets.US_ASCII).strip();
        if (!text.matches("\\d{1,4}") || Integer.parseInt(text) < 3) {
            throw new IOException("its version is " + text + ", wanted 3 or more");
        }
        if (Integer.parseInt(text) > NEWEST) {
            throw new IOException("its version is " + text + ", and the engine here reads " + NEWEST + " at most");
        }
    }

    private void checkForward() {
        Pickle.Global type = (Pickle.Global) root.type;
        String path = type.module().substring("__torch__".length()).replace('.', '/') + ".py";
        String text = code.getOrDefault(path, "");
        int start = text.indexOf("class " + type.name() + "(");
        int next = text.indexOf("\nclass ", Math.max(0, start));
        Matcher forward = FORWARD.matcher(text.substring(Math.max(0, start), next < 0 ? text.length() : next));
        boolean found = start >= 0 && forward.find();
        String arguments = found ? forward.group(1).replaceAll("\\s+", " ").strip() : "";
        if (!found || !arguments.matches("\\w+: Tensor,?") || !forward.group(2).equals("Tensor")) {
            throw refused(
                    "has " + (found ? "forward(self, " + arguments + ") -> " + forward.group(2) : "no method forward"),
                    "it must be forward(self, x: Tensor) -> Tensor: wrap the module in one that takes and gives one tensor");
        }
    }

    private void checkDraws() {
        code.values().forEach(text -> {
            Matcher draw = DRAW.matcher(text);
            if (draw.find()) {
                throw refused(
                        "draws random numbers by torch." + draw.group(1),
                        "no key repeats them: make the noise a part of its argument");
            }
        });
    }

    private RuntimeException refused(String what, String advice) {
        return Errors.shown(new IllegalArgumentException("the network in " + file + " " + what + "; " + advice));
    }

    /** Whether its code may change its argument in place. */
    public boolean changesArgument() {
        return changesArgument;
    }

    @Override
    public String toString() {
        return file.toString();
    }

    /** What a program calls its network number {@code i}. */
    public static String attribute(int i) {
        return "network" + i;
    }

    /** The type of this network as number {@code i} of a program. */
    public String type(int i) {
        Pickle.Global type = (Pickle.Global) root.type;
        return renamed(type.module() + ".", i) + type.name();
    }

    private static String renamed(String text, int i) {
        return text.replace(NAMES, NAMES + attribute(i) + ".");
    }

    /**
     * A network under names that no other network of a program has.
     *
     * @param root the pickled module
     * @param constants what its code calls {@code CONSTANTS.c…}
     * @param entries code, and the numbers of tensors, by their place in the archive
     */
    record Renamed(Object root, List<Object> constants, Map<String, byte[]> entries) {}

    /** This network as number {@code i} of a program in which {@code before} constants come first. */
    Renamed renamed(int i, int before) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        code.forEach((path, text) -> {
            String shifted = CONSTANT.matcher(renamed(text, i))
                    .replaceAll(match -> "CONSTANTS.c" + (Integer.parseInt(match.group(1)) + before));
            entries.put("code/__torch__/" + attribute(i) + path, shifted.getBytes(StandardCharsets.UTF_8));
        });
        numbers.forEach((name, content) -> {
            int slash = name.indexOf('/') + 1;
            entries.put(name.substring(0, slash) + attribute(i) + "." + name.substring(slash), content);
        });
        List<Object> renamed = new ArrayList<>();
        constants.forEach(constant -> renamed.add(Pickle.mapped(constant, node -> renamed(node, i))));
        return new Renamed(Pickle.mapped(root, node -> renamed(node, i)), renamed, entries);
    }

    private static Object renamed(Object node, int i) {
        if (node instanceof Pickle.Global global && global.module().startsWith("__torch__")) {
            String module = renamed(global.module() + ".", i);
            return new Pickle.Global(module.substring(0, module.length() - 1), global.name());
        } else if (node instanceof Pickle.Persistent persistent
                && persistent.id() instanceof Pickle.Tuple id
                && id.items().size() == 5) {
            Pickle.Tuple named =
                    id.with(2, attribute(i) + "." + id.items().get(2)); // "storage", type, key, device, size
            return new Pickle.Persistent(named.with(3, "cpu"));
        } else if (node instanceof Pickle.Reduced reduced
                && reduced.function() instanceof Pickle.Global function
                && reduced.arguments() instanceof Pickle.Tuple arguments) {
            if (function.name().equals("_rebuild_tensor_v2")) {
                return new Pickle.Reduced(function, arguments.with(4, false)); // no gradient for its weights
            } else if (function.name().equals("restore_type_tag")) {
                String type = renamed((String) arguments.items().get(1), i);
                return new Pickle.Reduced(function, arguments.with(1, type));
            }
        }
        return node;
    }
}
