package gebm.notebook;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A screen that remembers what it was given, as {@code show id} or {@code update id} and the data. */
final class Shown implements Screen.Sink, AutoCloseable {
    final List<String> calls = new ArrayList<>();
    final List<Map<String, Object>> data = new ArrayList<>();

    static Shown attached() {
        Shown shown = new Shown();
        Screen.attach(shown);
        return shown;
    }

    @Override
    public void show(String id, Map<String, Object> content) {
        calls.add("show " + id);
        data.add(content);
    }

    @Override
    public void update(String id, Map<String, Object> content) {
        calls.add("update " + id);
        data.add(content);
    }

    List<Object> texts() {
        return data.stream().map(content -> content.get("text/plain")).toList();
    }

    @Override
    public void close() {
        Screen.attach(null);
    }
}
