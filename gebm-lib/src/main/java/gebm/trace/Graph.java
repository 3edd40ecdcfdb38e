package gebm.trace;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A recorded program: its inputs in order, its nodes and its results. Passes return new graphs.
 *
 * @param inputs values handed in at each call; the first is the key
 */
record Graph(List<Value> inputs, List<Node> nodes, List<Value> results) {
    /** Views in which several elements may lie at one place. */
    private static final Set<String> EXPANDED = Set.of("torch.expand", "torch.expand_as");

    /** Operations whose result may share memory with their first argument. */
    private static final Set<String> VIEWS = Facts.prefixed(
            "type_as t sum_to_size reshape view select slice expand expand_as permute transpose squeeze unsqueeze flatten "
                    + "detach alias to diagonal real conj contiguous tensor_split cat movedim chunk view_as_real "
                    + "view_as_complex",
            "{0}",
            "{0}[{1}]",
            "torch.einsum({1}, {0})",
            Barriers.TARGET);

    /** Operations on the engine's generators of random numbers, which have a state. */
    private static final Set<String> UNREPEATABLE = Facts.prefixed("Generator manual_seed _standard_gamma bernoulli "
            + "multinomial poisson binomial randperm randint empty empty_like");

    /** This graph without what neither a result nor an effect needs. */
    Graph withoutDeadCode() {
        Set<Value> live = new HashSet<>(results);
        return new Graph(inputs, live(nodes, live), results);
    }

    /** The inputs that a node or a result of this graph reads. */
    Set<Value> read() {
        Set<Value> live = new HashSet<>(results);
        live(nodes, live);
        return live;
    }

    private static List<Node> live(List<Node> nodes, Set<Value> live) {
        List<Node> kept = new ArrayList<>();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node node = liveOrNull(nodes.get(i), live);
            if (node != null) {
                kept.add(node);
            }
        }
        Collections.reverse(kept);
        return kept;
    }

    private static Node liveOrNull(Node node, Set<Value> live) {
        boolean needed = node instanceof Node.BreakIf || hasEffect(node) || !Collections.disjoint(node.outputs(), live);
        if (!needed) {
            return null;
        }
        Node kept = node;
        if (node instanceof Node.Structure structure) {
            read(structure.results(), live);
            kept = structure.withBody(live(structure.body(), live));
        }
        read(node.reads(), live);
        return kept;
    }

    private static boolean hasEffect(Node node) {
        return node instanceof Node.Call call && call.effect()
                || node instanceof Node.Structure structure
                        && structure.body().stream().anyMatch(Graph::hasEffect);
    }

    /** Adds the values that {@code argument} consists of. */
    static void read(Object argument, Collection<Value> values) {
        forEach(argument, values::add);
    }

    /** Calls {@code action} for every value that {@code argument} mentions. */
    static void forEach(Object argument, Consumer<Value> action) {
        if (argument instanceof Value value) {
            action.accept(value);
        } else if (argument instanceof List<?> list) {
            list.forEach(item -> forEach(item, action));
        } else if (argument instanceof Node.Named named) {
            forEach(named.value(), action);
        }
    }

    /** Whether {@code argument} mentions one of {@code values}. */
    static boolean reads(Object argument, Set<Value> values) {
        return argument instanceof Value value && values.contains(value)
                || argument instanceof List<?> list && list.stream().anyMatch(item -> reads(item, values))
                || argument instanceof Node.Named named && reads(named.value(), values);
    }

    /** Whether the result of {@code call} may share memory with its first argument. */
    private static boolean isView(Node.Call call) {
        return !call.args().isEmpty()
                && (VIEWS.contains(call.target()) || call.target().endsWith("_") || TorchScript.isCall(call.target()));
    }

    /**
     * The values that may share memory with an input, or whose elements share memory with one another, as expanded ones
     * and the engine's gradients do: a result among them must be copied before it is returned.
     */
    Set<Value> sharedWithInputs() {
        Set<Value> shared = new HashSet<>(inputs);
        share(nodes, shared);
        return shared;
    }

    private static void share(List<Node> nodes, Set<Value> shared) {
        for (Node node : nodes) {
            if (node instanceof Node.Call call
                    && isView(call)
                    && (EXPANDED.contains(call.target()) || reads(call.args().get(0), shared))) {
                shared.addAll(call.outputs());
            } else if (node instanceof Node.Structure structure) {
                share(structure, shared);
            }
        }
    }

    private static void share(Node.Structure node, Set<Value> shared) {
        for (int i = 0; i < node.parameters().size(); i++) {
            if (reads(node.arguments().get(i), shared)) {
                shared.add(node.parameters().get(i));
                if (node instanceof Node.Loop) { // of no step
                    shared.add(node.outputs().get(i));
                }
            }
        }
        if (!(node instanceof Node.Loop)) {
            shared.addAll(node.outputs());
            shared.removeAll(node.handedOut());
        }
        share(node.body(), shared);
        for (int i = 0; i < node.handedOut().size(); i++) {
            if (reads(node.results().get(i), shared)) {
                shared.add(node.handedOut().get(i));
            }
        }
    }

    /** For a value that may share memory with another one, that other one, as far back as it goes. */
    Map<Value, Value> roots() {
        Map<Value, Value> roots = new HashMap<>();
        roots(nodes, roots);
        return roots;
    }

    private static void roots(List<Node> nodes, Map<Value, Value> roots) {
        for (Node node : nodes) {
            if (node instanceof Node.Call call && isView(call)) {
                call.outputs().forEach(output -> root(output, call.args().get(0), roots));
            } else if (node instanceof Node.Structure structure) {
                for (int i = 0; i < structure.parameters().size(); i++) {
                    root(structure.parameters().get(i), structure.arguments().get(i), roots);
                    if (node instanceof Node.Loop) {
                        root(node.outputs().get(i), structure.arguments().get(i), roots);
                    }
                }
                roots(structure.body(), roots);
            }
        }
    }

    private static void root(Value value, Object of, Map<Value, Value> roots) {
        if (of instanceof Value other) {
            roots.put(value, roots.getOrDefault(other, other));
        }
    }

    /** Adds the values, or what they share memory with, that an operation of this graph writes over. */
    void collectChanged(Set<Value> changed, Map<Value, Value> roots) {
        collectChanged(nodes, changed, roots, new HashMap<>());
    }

    private static void collectChanged(
            List<Node> nodes, Set<Value> changed, Map<Value, Value> roots, Map<Value, Object> lists) {
        for (Node node : nodes) {
            if (node instanceof Node.Call call) {
                if (call.target().equals("{0}") && call.args().get(0) instanceof List<?> members) {
                    lists.put(call.output(), members); // a list stands for its members
                }
                if (call.effect()) {
                    forEach(call.args(), value -> {
                        changed.add(roots.getOrDefault(value, value));
                        forEach(lists.get(value), member -> changed.add(roots.getOrDefault(member, member)));
                    });
                }
            } else if (node instanceof Node.Structure structure) {
                collectChanged(structure.body(), changed, roots, lists);
            }
        }
    }

    /** Whether {@code call} gives the same whenever its arguments are the same, and changes nothing. */
    static boolean isFixed(Node.Call call) {
        boolean draws = call.args().stream()
                .anyMatch(a -> a instanceof Node.Named n && n.name().equals("generator"));
        boolean list = call.target().equals("{0}") && call.args().get(0) instanceof List<?>;
        boolean growing = call.target().equals("torch.stack") && call.args().get(0) instanceof Value;
        return !call.effect()
                && !draws
                && !list
                && !growing
                && !call.target().startsWith("annotate")
                && !call.target().contains("torch.item") // of an array that may be written from outside, to stop
                && !UNREPEATABLE.contains(call.target());
    }

    /** Adds up how often each value is read. */
    void countUses(Map<Value, Integer> uses) {
        countUses(nodes, uses);
        forEach(results, value -> uses.merge(value, 1, Integer::sum));
    }

    private static void countUses(List<Node> nodes, Map<Value, Integer> uses) {
        for (Node node : nodes) {
            forEach(node.reads(), value -> uses.merge(value, 1, Integer::sum));
            if (node instanceof Node.Structure structure) {
                forEach(structure.results(), value -> uses.merge(value, 1, Integer::sum));
                countUses(structure.body(), uses);
            }
        }
    }
}
