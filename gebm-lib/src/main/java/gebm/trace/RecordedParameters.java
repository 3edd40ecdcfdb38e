package gebm.trace;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.HashMap;
import java.util.Map;

/** Hands recorded arrays to a block in place of its own parameters. */
final class RecordedParameters extends ParameterStore {
    private final Recorder recorder;
    private final Map<Parameter, NDArray> arrays;

    RecordedParameters(Recorder recorder, Map<Parameter, NDArray> arrays) {
        super(recorder.constants(), false);
        this.recorder = recorder;
        this.arrays = arrays;
    }

    /** The same, with {@code value}, which is recorded already, for one parameter. */
    RecordedParameters with(Parameter parameter, NDArray value) {
        Map<Parameter, NDArray> changed = new HashMap<>(arrays);
        changed.put(parameter, value);
        return new RecordedParameters(recorder, changed);
    }

    @Override
    public NDArray getValue(Parameter parameter, Device device, boolean training) {
        if (parameter == null) {
            return null; // a layer without bias asks for one all the same
        }
        NDArray array = arrays.get(parameter);
        if (array == null) {
            throw new IllegalArgumentException("no array was given for the parameter " + parameter.getName());
        }
        return recorder.array(recorder.valueOf(array));
    }

    @Override
    public NDManager getManager() {
        return recorder.manager();
    }
}
