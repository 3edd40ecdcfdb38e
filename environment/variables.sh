# Sourced by lab, run and keep; $here is the folder of this file.
unset PYTHONPATH PYTHONHOME
# before any other kernel called java
export JUPYTER_PATH="$here/.venv/share/jupyter${JUPYTER_PATH:+:$JUPYTER_PATH}"
# a kernel's working folder is its notebook's, so a relative folder of data would be another one
if [ -n "${GEBM_DATA_HOME:-}" ]; then
    case $GEBM_DATA_HOME in /*) ;; *) export GEBM_DATA_HOME="$PWD/$GEBM_DATA_HOME" ;; esac
fi
