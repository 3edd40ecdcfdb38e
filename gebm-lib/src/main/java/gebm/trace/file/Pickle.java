package gebm.trace.file;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Python's pickles, as far as TorchScript files use them: as trees of objects, from bytes and to bytes (protocol 2).
 *
 * <p>A tree consists of {@code null}, {@code Boolean}, {@code Long}, {@code Double}, {@code String}, {@code List},
 * {@code Map}, and the kinds below.
 */
final class Pickle {
    private static final Object MARK = new Object();

    private Pickle() {}

    /** A class or function by name. */
    record Global(String module, String name) {}

    /** A tuple. */
    record Tuple(List<Object> items) {
        /** The same with another item number {@code i}. */
        Tuple with(int i, Object item) {
            List<Object> changed = new ArrayList<>(items);
            changed.set(i, item);
            return new Tuple(changed);
        }
    }

    /** Something kept elsewhere, such as a tensor's numbers. */
    record Persistent(Object id) {}

    /** {@code function(*arguments)}. */
    record Reduced(Object function, Object arguments) {}

    /** An object of a class with its state; one object may stand in several places. */
    static final class Instance {
        final Object type;
        Object state;

        Instance(Object type, Object state) {
            this.type = type;
            this.state = state;
        }
    }

    /**
     * {@code tree} with each leaf (string, global, persistent) changed by {@code map}, which may also return any other
     * tree for a persistent or reduced node; objects that stand in several places still do.
     */
    static Object mapped(Object tree, UnaryOperator<Object> map) {
        return mapped(tree, map, new IdentityHashMap<>());
    }

    private static Object mapped(Object tree, UnaryOperator<Object> map, Map<Instance, Instance> known) {
        if (tree instanceof Instance instance) {
            Instance copy = known.get(instance);
            if (copy == null) {
                copy = new Instance(mapped(instance.type, map, known), null);
                known.put(instance, copy);
                copy.state = mapped(instance.state, map, known);
            }
            return copy;
        } else if (tree instanceof Reduced reduced) {
            return map.apply(
                    new Reduced(mapped(reduced.function(), map, known), mapped(reduced.arguments(), map, known)));
        } else if (tree instanceof Tuple tuple) {
            return new Tuple(mappedAll(tuple.items(), map, known));
        } else if (tree instanceof List<?> list) {
            return mappedAll(list, map, known);
        } else if (tree instanceof Map<?, ?> entries) {
            Map<Object, Object> copy = new LinkedHashMap<>();
            entries.forEach((key, value) -> copy.put(key, mapped(value, map, known)));
            return copy;
        }
        return map.apply(tree);
    }

    private static List<Object> mappedAll(List<?> list, UnaryOperator<Object> map, Map<Instance, Instance> known) {
        List<Object> copy = new ArrayList<>();
        list.forEach(item -> copy.add(mapped(item, map, known)));
        return copy;
    }

    // ---------------------------------------------------------------- from bytes

    /**
     * The tree of {@code bytes}.
     *
     * @throws IOException if it is cut off, or uses what TorchScript files do not
     */
    static Object read(byte[] bytes) throws IOException {
        try {
            return new Reader(bytes).read();
        } catch (BufferUnderflowException | IndexOutOfBoundsException | ClassCastException e) {
            throw new IOException("a damaged pickle", e);
        }
    }

    private static final class Reader {
        private final ByteBuffer in;
        private final List<Object> stack = new ArrayList<>();
        private final Map<Integer, Object> memo = new HashMap<>();

        Reader(byte[] bytes) {
            in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }

        Object read() throws IOException {
            while (true) {
                int code = in.get() & 0xff;
                if (code == '.') {
                    return pop();
                }
                step(code);
            }
        }

        private void step(int code) throws IOException {
            switch (code) {
                case 0x80 -> in.get(); // protocol
                case '(' -> stack.add(MARK);
                case ')' -> stack.add(new Tuple(List.of()));
                case ']' -> stack.add(new ArrayList<>());
                case '}' -> stack.add(new LinkedHashMap<>());
                case 'N' -> stack.add(null);
                case 0x88, 0x89 -> stack.add(code == 0x88);
                case 'J' -> stack.add((long) in.getInt());
                case 'K' -> stack.add(in.get() & 0xffL);
                case 'M' -> stack.add(in.getShort() & 0xffffL);
                case 0x8a -> stack.add(longOf(in.get() & 0xff));
                case 'G' -> stack.add(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
                case 'X' -> stack.add(text(in.getInt()));
                case 'c' -> stack.add(new Global(line(), line()));
                case 'q' -> memo.put(in.get() & 0xff, last());
                case 'r' -> memo.put(in.getInt(), last());
                case 'h' -> stack.add(memo.get(in.get() & 0xff));
                case 'j' -> stack.add(memo.get(in.getInt()));
                default -> build(code);
            }
        }

        @SuppressWarnings("unchecked")
        private void build(int code) throws IOException {
            switch (code) {
                case 't' -> stack.add(new Tuple(popMarked()));
                case 0x85, 0x86, 0x87 -> {
                    List<Object> top = stack.subList(stack.size() - (code - 0x84), stack.size());
                    Tuple tuple = new Tuple(new ArrayList<>(top));
                    top.clear();
                    stack.add(tuple);
                }
                case 'a' -> {
                    Object item = pop();
                    ((List<Object>) last()).add(item);
                }
                case 'e' -> {
                    List<Object> items = popMarked();
                    ((List<Object>) last()).addAll(items);
                }
                case 's' -> {
                    Object value = pop();
                    Object key = pop();
                    ((Map<Object, Object>) last()).put(key, value);
                }
                case 'u' -> {
                    List<Object> items = popMarked();
                    for (int i = 0; i < items.size(); i += 2) {
                        ((Map<Object, Object>) last()).put(items.get(i), items.get(i + 1));
                    }
                }
                case 'Q' -> stack.add(new Persistent(pop()));
                case 'R' -> {
                    Object arguments = pop();
                    stack.add(new Reduced(pop(), arguments));
                }
                case 0x81 -> {
                    pop(); // no arguments
                    stack.add(new Instance(pop(), null));
                }
                case 'b' -> {
                    Object state = pop();
                    ((Instance) last()).state = state;
                }
                default -> throw new IOException(String.format("a pickle with the operation 0x%02x", code));
            }
        }

        private Object last() {
            return stack.get(stack.size() - 1);
        }

        private Object pop() {
            return stack.remove(stack.size() - 1);
        }

        private List<Object> popMarked() {
            List<Object> marked = stack.subList(stack.lastIndexOf(MARK) + 1, stack.size());
            List<Object> items = new ArrayList<>(marked);
            marked.clear();
            pop(); // the mark
            return items;
        }

        private long longOf(int length) {
            long number = 0;
            for (int i = 0; i < length; i++) {
                long part = i == length - 1 ? in.get() : in.get() & 0xff; // the last has the sign
                number |= part << 8 * i;
            }
            return number;
        }

        private String text(int length) {
            byte[] bytes = new byte[length];
            in.get(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }

        private String line() {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (byte b = in.get(); b != '\n'; b = in.get()) {
                line.write(b);
            }
            return line.toString(StandardCharsets.UTF_8);
        }
    }

    // ---------------------------------------------------------------- to bytes

    /** The bytes of {@code tree}. */
    static byte[] write(Object tree) {
        Writer writer = new Writer();
        writer.raw("\u0080\u0002");
        writer.write(tree);
        writer.raw(".");
        return writer.out.toByteArray();
    }

    private static final class Writer {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final Map<Instance, Integer> memo = new IdentityHashMap<>();

        private void write(Object tree) {
            if (tree == null) {
                raw("N");
            } else if (tree instanceof Boolean truth) {
                raw(truth ? "\u0088" : "\u0089");
            } else if (tree instanceof Long number) {
                integer(number);
            } else if (tree instanceof Double number) {
                raw("G");
                bytes(ByteBuffer.allocate(8).putDouble(number));
            } else if (tree instanceof String text) {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                raw("X");
                bytes(little(4).putInt(bytes.length));
                out.writeBytes(bytes);
            } else if (tree instanceof Global global) {
                raw("c" + global.module() + "\n" + global.name() + "\n");
            } else {
                writeCompound(tree);
            }
        }

        private void writeCompound(Object tree) {
            if (tree instanceof Tuple tuple) {
                raw("(");
                tuple.items().forEach(this::write);
                raw("t");
            } else if (tree instanceof List<?> list) {
                raw("](");
                list.forEach(this::write);
                raw("e");
            } else if (tree instanceof Map<?, ?> map) {
                raw("}(");
                map.forEach((key, value) -> {
                    write(key);
                    write(value);
                });
                raw("u");
            } else if (tree instanceof Persistent persistent) {
                write(persistent.id());
                raw("Q");
            } else if (tree instanceof Reduced reduced) {
                write(reduced.function());
                write(reduced.arguments());
                raw("R");
            } else if (tree instanceof Instance instance) {
                write(instance);
            } else {
                throw new IllegalStateException("no pickle of " + tree.getClass());
            }
        }

        private void write(Instance instance) {
            Integer number = memo.get(instance);
            if (number != null) {
                raw("j");
                bytes(little(4).putInt(number));
                return;
            }
            write(instance.type);
            raw(")\u0081");
            memo.put(instance, memo.size());
            raw("r");
            bytes(little(4).putInt(memo.get(instance)));
            write(instance.state);
            raw("b");
        }

        private void integer(long number) {
            if (number == (int) number) {
                raw("J");
                bytes(little(4).putInt((int) number));
            } else {
                raw("\u008a\u0008");
                bytes(little(8).putLong(number));
            }
        }

        private static ByteBuffer little(int size) {
            return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        }

        private void bytes(ByteBuffer buffer) {
            out.writeBytes(buffer.array());
        }

        private void raw(String codes) {
            out.writeBytes(codes.getBytes(StandardCharsets.ISO_8859_1));
        }
    }
}
